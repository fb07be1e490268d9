import type { Cell } from '@jupyterlab/cells';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { isPrompt, readLine } from './promptline';
import type { IStatuses } from './statuses';
import { oneLine } from './text';
import type { IFacts } from './text';

/** In the toolbar of a prompt cell: which model it asks. */
export class ModelTag extends Widget {
  constructor(
    cell: Cell,
    facts: () => IFacts | null,
    statuses: IStatuses,
    trans: TranslationBundle
  ) {
    super();
    this.addClass('zg-model-tag');
    this._cell = cell;
    this._facts = facts;
    this._statuses = statuses;
    this._trans = trans;
    this.node.textContent = '';
    cell.model.contentChanged.connect(this._show, this);
    statuses.changed.connect(this._show, this);
    this._show();
  }

  override dispose(): void {
    this._cell.model?.contentChanged.disconnect(this._show, this);
    this._statuses.changed.disconnect(this._show, this);
    super.dispose();
  }

  private _show(): void {
    const first = this._cell.model?.sharedModel.getSource().split('\n', 1)[0] ?? '';
    const isShown = this._cell.model?.type === 'code' && isPrompt(first);
    this.setHidden(!isShown);
    if (isShown) {
      const model = readLine(first).model || this._facts()?.offer?.model || '';
      const text = oneLine(model) || this._trans.__('default model');
      this.node.textContent = text;
      this.node.title = this._trans.__('This cell asks: %1', text);
    }
  }

  private readonly _cell: Cell;
  private readonly _facts: () => IFacts | null;
  private readonly _statuses: IStatuses;
  private readonly _trans: TranslationBundle;
}
