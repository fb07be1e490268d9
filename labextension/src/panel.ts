import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { COMMANDS, DOMAIN } from './names';
import { SidePanel } from './sidepanel';

/** The panel of the kernel, beside the notebook. */
export const panel: JupyterFrontEndPlugin<void> = {
  id: 'zg-jupyter:panel',
  description: 'The panel of 0G Compute beside the notebook.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ICommandPalette, ILayoutRestorer, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const side = new SidePanel(tracker, trans);
    app.shell.add(side, 'left', { rank: 350, type: '0G Compute' });
    restorer?.add(side, side.id);
    app.commands.addCommand(COMMANDS.openPanel, {
      label: trans.__('Open the 0G Panel'),
      caption: trans.__('Wallet, providers, prompts and spend beside the notebook'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => {
        app.shell.activateById(side.id);
      }
    });
    palette?.addItem({ command: COMMANDS.openPanel, category: trans.__('0G Compute') });
  }
};
