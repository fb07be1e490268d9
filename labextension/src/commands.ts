import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookActions } from '@jupyterlab/notebook';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { COMMANDS, DOMAIN } from './names';

/** What the panel fires when a question should become a cell (`panel/static/cell.js`). */
const CELL_EVENT = 'zg-jupyter:cell';

const HEAD = '%%zg_infer';

/** Commands on the notebook in front: they write cells that a person could have written. */
export const commands: JupyterFrontEndPlugin<void> = {
  id: 'zg-jupyter:commands',
  description: 'Commands of 0G Compute for the notebook in front.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const add = (
      id: string,
      label: string,
      caption: string,
      act: (panel: NotebookPanel) => unknown
    ): void => {
      app.commands.addCommand(id, {
        label,
        caption,
        describedBy: { args: { type: 'object', properties: {} } },
        isEnabled: () => tracker.currentWidget !== null,
        execute: () => {
          const panel = tracker.currentWidget;
          // Nothing of the notebook's own is given back: it cannot be passed on as data.
          return panel ? Promise.resolve(act(panel)).then(() => undefined) : undefined;
        }
      });
      palette?.addItem({ command: id, category: trans.__('0G Compute') });
    };

    add(
      COMMANDS.insertPrompt,
      trans.__('Insert Prompt Cell'),
      trans.__('A new cell below that asks a model'),
      panel => insert(panel, `${HEAD}\n`)
    );
    add(
      COMMANDS.runAsPrompt,
      trans.__('Run Cell as Prompt'),
      trans.__('Ask a model what the cell says, in a new cell below'),
      panel => {
        const text = panel.content.activeCell?.model.sharedModel.getSource().trim() ?? '';
        return text ? run(panel, text.startsWith(HEAD) ? text : `${HEAD}\n${text}`) : undefined;
      }
    );
    add(
      COMMANDS.explain,
      trans.__('Explain Last Error'),
      trans.__('Ask a model why the last cell failed'),
      panel => run(panel, '%zg explain')
    );
    add(
      COMMANDS.verify,
      trans.__('Verify Notebook'),
      trans.__('Save, then hold every answer in this notebook against its receipt'),
      async panel => {
        await panel.context.save();
        return run(panel, `%zg verify "${fileName(panel)}"`);
      }
    );
    add(
      COMMANDS.exportSpend,
      trans.__('Export Spend'),
      trans.__('Write what every answer cost into a file beside the notebook'),
      panel => run(panel, '%zg spend --csv zg-spend.csv')
    );

    document.addEventListener(CELL_EVENT, event => {
      const source = (event as CustomEvent<{ source?: unknown }>).detail?.source;
      const panel = tracker.currentWidget;
      if (panel && typeof source === 'string' && source) {
        event.preventDefault(); // tells the panel that there is a cell now
        void insert(panel, source);
      }
    });
  }
};

/** A new code cell below the active one, in front and ready to be edited. */
async function insert(panel: NotebookPanel, source: string): Promise<void> {
  NotebookActions.insertBelow(panel.content);
  NotebookActions.changeCellType(panel.content, 'code');
  const cell = panel.content.activeCell;
  cell?.model.sharedModel.setSource(source);
  panel.content.mode = 'edit';
  await cell?.ready;
  const lines = source.split('\n');
  cell?.editor?.setCursorPosition({
    line: lines.length - 1,
    column: lines[lines.length - 1].length
  });
}

async function run(panel: NotebookPanel, source: string): Promise<void> {
  await insert(panel, source);
  panel.content.mode = 'command';
  await NotebookActions.run(panel.content, panel.sessionContext);
}

/** The notebook's file name, which the kernel finds in its own folder. */
function fileName(panel: NotebookPanel): string {
  return panel.context.path.split('/').pop() ?? '';
}
