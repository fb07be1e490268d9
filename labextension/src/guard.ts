import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';

import { DOMAIN } from './names';
import { holdsKey, scrubbed } from './secrets';

const SAVE = /^docmanager:save/;

/** Warns before a notebook is saved with something in it that looks like a key. */
export const guard: JupyterFrontEndPlugin<void> = {
  id: 'zg-jupyter:guard',
  description: 'Warns before a key is saved in a notebook.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, tracker: INotebookTracker, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    let commands = 0; // how often a person saved; told right after the save has begun
    app.commands.commandExecuted.connect((_, { id }) => {
      commands += SAVE.test(id) ? 1 : 0;
    });
    const watch = (panel: NotebookPanel): void => {
      const context = panel.context;
      const save = context.save.bind(context);
      const saveAs = context.saveAs.bind(context);
      let allowed = new Set<string>();
      let warned = false;
      context.save = async (...given: Parameters<typeof save>): Promise<void> => {
        const before = commands;
        const found = textsWithKeys(panel).filter(text => !allowed.has(text));
        if (found.length === 0) {
          return save(...given);
        }
        await Promise.resolve();
        if (commands === before) {
          // Saved by the clock: a dialog would take the keys from a person who types, and a save
          // that waits for an answer may never come. What was typed is kept, and said.
          if (!warned) {
            warned = true;
            warn(trans, panel);
          }
          return save(...given);
        }
        await decide(found);
        return save(...given);
      };
      context.saveAs = async (...given: Parameters<typeof saveAs>): Promise<boolean> => {
        const found = textsWithKeys(panel).filter(text => !allowed.has(text));
        if (found.length > 0) {
          try {
            await decide(found);
          } catch {
            return false; // what saving under another name says when a person changes their mind
          }
        }
        return saveAs(...given);
      };
      const decide = async (found: string[]): Promise<void> => {
        switch (await ask(trans)) {
          case 'scrub':
            return scrub(panel);
          case 'keep':
            allowed = new Set([...allowed, ...found]);
            return;
          default:
            throw new Cancelled();
        }
      };
    };
    tracker.forEach(watch);
    tracker.widgetAdded.connect((_, panel) => watch(panel));
  }
};

/** A save that a person called off: the lab knows it by this name, and makes no checkpoint. */
class Cancelled extends Error {
  override readonly name = 'ModalCancelError';
}

async function ask(trans: TranslationBundle): Promise<string> {
  const answer = await showDialog({
    title: trans.__('A key in this notebook'),
    body: trans.__(
      'A cell or an output holds something that looks like a private key or an API key. Whoever gets the file gets the key.'
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('Save anyway'), actions: ['keep'] }),
      Dialog.okButton({ label: trans.__('Scrub and save'), actions: ['scrub'] })
    ],
    defaultButton: 2
  });
  return answer.button.actions[0] ?? '';
}

function warn(trans: TranslationBundle, panel: NotebookPanel): void {
  Notification.warning(
    trans.__('This notebook was saved with something in it that looks like a key.'),
    {
      autoClose: false,
      actions: [
        {
          label: trans.__('Scrub'),
          callback: () => {
            scrub(panel);
            void panel.context.save();
          }
        }
      ]
    }
  );
}

/** Every text of the notebook that holds a key: sources, and texts of outputs and attachments. */
function textsWithKeys(panel: NotebookPanel): string[] {
  const found: string[] = [];
  const note = (text: string): string => {
    found.push(text);
    return text;
  };
  for (const cell of panel.content.model?.cells ?? []) {
    found.push(cell.sharedModel.getSource());
    const json = cell.toJSON() as { attachments?: unknown };
    visit([...outputsOf(json), json.attachments ?? null], note);
  }
  return found.filter(holdsKey);
}

function scrub(panel: NotebookPanel): void {
  for (const cell of panel.content.model?.cells ?? []) {
    const source = cell.sharedModel.getSource();
    if (holdsKey(source)) {
      cell.sharedModel.setSource(scrubbed(source));
    }
    const json = cell.toJSON() as { attachments?: unknown };
    const attached = visit(json.attachments, scrubbed);
    if (JSON.stringify(attached) !== JSON.stringify(json.attachments)) {
      const shared = cell.sharedModel as unknown as { setAttachments(values: unknown): void };
      shared.setAttachments(attached);
    }
    const outputs = outputsOf(json);
    const clean = outputs.map(output => visit(output, scrubbed));
    if (JSON.stringify(clean) !== JSON.stringify(outputs)) {
      (cell as unknown as { outputs: { fromJSON(values: unknown[]): void } }).outputs.fromJSON(
        clean
      );
    }
  }
}

function outputsOf(cell: unknown): unknown[] {
  const { outputs } = cell as { outputs?: unknown };
  return Array.isArray(outputs) ? outputs : [];
}

/** The same value with every text in it changed; receipts in metadata stay as they were signed. */
function visit(value: unknown, change: (text: string) => string, key = ''): unknown {
  if (key === 'metadata') {
    return value;
  }
  if (typeof value === 'string') {
    return change(value);
  }
  if (Array.isArray(value)) {
    return value.every(part => typeof part === 'string')
      ? change(value.join('')) // lines of one text
      : value.map(part => visit(part, change));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [name, visit(part, change, name)])
    );
  }
  return value;
}
