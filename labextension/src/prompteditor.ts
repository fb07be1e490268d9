import { Compartment, Prec, StateField } from '@codemirror/state';
import type { EditorState, Extension, Text } from '@codemirror/state';
import { Decoration, EditorView, ViewPlugin, showPanel } from '@codemirror/view';
import type { DecorationSet, Panel, ViewUpdate } from '@codemirror/view';

import { placeholders } from './placeholders';
import { isPrompt, wordsOf } from './promptline';

const MAX_LENGTH = 100_000; // characters of a cell that are searched for places while typing
const PAUSE_MS = 150;

/** What the editor of a prompt cell needs from the rest of the extension. */
export interface IPromptHost {
  /** The language of prompts, once it is loaded. */
  readonly language: Promise<Extension | null>;
  /** The line above a cell: what asking would cost. */
  describe(view: EditorView): string;
  /** Call when the description may have changed; gives a function that takes it back. */
  onChange(call: () => void): () => void;
}

/** Whether the text of an editor asks a model. */
export const promptField = StateField.define<boolean>({
  create: state => startsPrompt(state.doc),
  update: (was, change) => (change.docChanged ? startsPrompt(change.newDoc) : was)
});

/** Makes cells that begin with %%zg_infer look like prompts, and no others. */
export function promptEditor(host: IPromptHost): Extension {
  const language = new Compartment();
  return [
    promptField,
    // Of several languages the editor takes the first: the cell's own one stays where it is, and
    // with it everything that asks for the type of the cell, such as completion.
    Prec.highest(language.of([])),
    ViewPlugin.define(view => new Follower(view, host, language)),
    ViewPlugin.define(view => new Marks(view), { decorations: marks => marks.decorations }),
    showPanel.computeN([promptField], state =>
      state.field(promptField) ? [view => estimateLine(view, host)] : []
    )
  ];
}

function startsPrompt(doc: Text): boolean {
  return isPrompt(doc.line(1).text);
}

/** Gives a prompt its language, and takes it away again. */
class Follower {
  constructor(
    private readonly _view: EditorView,
    private readonly _host: IPromptHost,
    private readonly _language: Compartment
  ) {
    this._follow();
  }

  update(update: ViewUpdate): void {
    if (update.startState.field(promptField) !== update.state.field(promptField)) {
      this._follow();
    }
  }

  destroy(): void {
    this._isGone = true;
  }

  private _follow(): void {
    // Behind a promise in either case: a view cannot be changed while it is being changed.
    void this._host.language.then(language => {
      if (this._isGone) {
        return;
      }
      const wanted = this._view.state.field(promptField) ? language : null;
      if (wanted !== this._set) {
        this._set = wanted;
        this._view.dispatch({ effects: this._language.reconfigure(wanted ?? []) });
      }
    });
  }

  private _set: Extension | null = null;
  private _isGone = false;
}

/** The first line as what it is, and the places where variables are put in. */
class Marks {
  constructor(view: EditorView) {
    this.decorations = marksOf(view.state);
  }

  update(update: ViewUpdate): void {
    if (update.docChanged) {
      this.decorations = marksOf(update.state);
    }
  }

  decorations: DecorationSet;
}

const LINE = Decoration.line({ class: 'zg-prompt-line' });
const MAGIC = Decoration.mark({ class: 'zg-prompt-magic' });
const OPTION = Decoration.mark({ class: 'zg-prompt-option' });
const VALUE = Decoration.mark({ class: 'zg-prompt-value' });
const PLACE = Decoration.mark({ class: 'zg-prompt-place' });

function marksOf(state: EditorState): DecorationSet {
  if (!state.field(promptField) || state.doc.length > MAX_LENGTH) {
    return Decoration.none;
  }
  const first = state.doc.line(1);
  const marks = [LINE.range(first.from)];
  wordsOf(first.text).forEach((word, number) => {
    const kind = number === 0 ? MAGIC : /^[-@]/.test(word.text) ? OPTION : VALUE;
    marks.push(kind.range(word.from, word.to));
  });
  const rest = state.doc.sliceString(first.to);
  for (const place of placeholders(rest)) {
    marks.push(PLACE.range(first.to + place.from, first.to + place.to));
  }
  return Decoration.set(marks, true);
}

/** The line above the cell; it follows what is typed with a short pause. */
function estimateLine(view: EditorView, host: IPromptHost): Panel {
  const dom = document.createElement('div');
  dom.className = 'zg-prompt-estimate';
  let timer = 0;
  const show = (): void => {
    const text = host.describe(view);
    if (dom.textContent !== text) {
      dom.textContent = text;
    }
  };
  const stop = host.onChange(show);
  return {
    dom,
    top: true,
    mount: show,
    update: update => {
      if (update.docChanged) {
        window.clearTimeout(timer);
        timer = window.setTimeout(show, PAUSE_MS);
      }
    },
    destroy: () => {
      window.clearTimeout(timer);
      stop();
    }
  };
}
