import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { StatusItem } from './item';
import { COMMANDS, DOMAIN } from './names';
import { IStatuses, Statuses } from './statuses';

const ID = 'zg-jupyter:status';

/** Knows what the kernel of every open notebook says about 0G Compute. */
export const statuses: JupyterFrontEndPlugin<IStatuses> = {
  id: 'zg-jupyter:statuses',
  description: 'What the kernels of open notebooks say about 0G Compute.',
  autoStart: true,
  requires: [INotebookTracker],
  provides: IStatuses,
  activate: (_: JupyterFrontEnd, tracker: INotebookTracker) => new Statuses(tracker)
};

/** Shows network, balance, spend and trust of the notebook in front; a click opens the panel. */
export const status: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Network, balance and spend of 0G Compute in the status bar.',
  autoStart: true,
  requires: [INotebookTracker, IStatuses],
  optional: [IStatusBar, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    known: IStatuses,
    statusBar: IStatusBar | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const item = new StatusItem(trans, () => {
      if (app.commands.hasCommand(COMMANDS.openPanel)) {
        void app.commands.execute(COMMANDS.openPanel);
      }
    });
    const refresh = (): void => item.showStatus(known.of(tracker.currentWidget));
    known.changed.connect((_, panel) => {
      if (panel === tracker.currentWidget) {
        refresh();
      }
    });
    tracker.currentChanged.connect(refresh);

    if (statusBar) {
      statusBar.registerStatusItem(ID, {
        item,
        align: 'left',
        rank: 50,
        priority: 1,
        isActive: () => item.isActive,
        activeStateChanged: item.activeChanged
      });
    } else {
      // Notebook 7 has no status bar: the menu line, left of its "Trusted".
      item.addClass('zg-mod-menu');
      app.shell.add(item, 'menu', { rank: 1000 });
    }
    refresh();
  }
};
