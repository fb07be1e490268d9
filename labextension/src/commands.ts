import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookActions } from '@jupyterlab/notebook';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';

import { COMMANDS, DOMAIN } from './names';
import { isPrompt } from './promptline';
import { ask } from './question';

/** What the panel fires when a question should become a cell (`panel/static/cell.js`). */
const CELL_EVENT = 'zg-jupyter:cell';

const HEAD = '%%zg_infer';
const LOAD = '%load_ext zg_jupyter';
const IS_LOADED = "'zg' in get_ipython().magics_manager.magics['line']";

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
        caption: () => whyNot(tracker.currentWidget, trans) || caption,
        describedBy: { args: { type: 'object', properties: {} } },
        isEnabled: () => !whyNot(tracker.currentWidget, trans),
        execute: () => {
          const panel = tracker.currentWidget;
          // Nothing of the notebook's own is given back: it cannot be passed on as data.
          return panel ? Promise.resolve(act(panel)).then(() => undefined) : undefined;
        }
      });
      palette?.addItem({ command: id, category: trans.__('0G Compute') });
      tracker.currentChanged.connect(() => app.commands.notifyCommandChanged(id));
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
        return text ? run(panel, isPrompt(text.split('\n', 1)[0]) ? text : `${HEAD}\n${text}`) : undefined;
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
        if (await saved(app, panel)) {
          await run(panel, `%zg verify "${fileName(panel)}"`);
        }
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

/** Why commands cannot work here; empty when they can. */
function whyNot(panel: NotebookPanel | null, trans: TranslationBundle): string {
  if (!panel) {
    return trans.__('Open a notebook first');
  }
  if (panel.context.model?.readOnly) {
    return trans.__('This notebook cannot be changed');
  }
  const language = panel.content.model?.defaultKernelLanguage ?? '';
  return language && language !== 'python' ? trans.__('Only with a Python kernel') : '';
}

/** Save by the command, as a person does it: whoever looks at saves is asked, and may say no. */
async function saved(app: JupyterFrontEnd, panel: NotebookPanel): Promise<boolean> {
  let done = false;
  const note = (_: unknown, state: string): void => {
    done ||= state === 'completed';
  };
  panel.context.saveState.connect(note);
  try {
    await app.commands.execute('docmanager:save');
  } finally {
    panel.context.saveState.disconnect(note);
  }
  return done;
}

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

/** Insert a cell and run it, behind one that loads the magics where they are not there. */
async function run(panel: NotebookPanel, source: string): Promise<void> {
  for (const next of (await lacksMagics(panel)) ? [LOAD, source] : [source]) {
    await insert(panel, next);
    panel.content.mode = 'command';
    await NotebookActions.run(panel.content, panel.sessionContext);
  }
}

/** A busy kernel is not waited for: what it lacks, its cell will say. */
async function lacksMagics(panel: NotebookPanel): Promise<boolean> {
  const kernel = panel.sessionContext.session?.kernel;
  if (kernel?.status !== 'idle') {
    return false;
  }
  const answer = await ask(kernel, IS_LOADED);
  return answer.kind === 'value' && answer.data['text/plain'] === 'False';
}

/** The notebook's file name, which the kernel finds in its own folder. */
function fileName(panel: NotebookPanel): string {
  return panel.context.path.split('/').pop() ?? '';
}
