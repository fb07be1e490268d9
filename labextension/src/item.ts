import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import type { IStatus } from './text';

/** The one line in the status bar. Whatever a kernel sends stays text. */
export class StatusItem extends Widget {
  constructor() {
    super();
    this.id = 'zg-jupyter-status';
    this._line.className = 'jp-StatusBar-TextItem';
    // A polite live region: a screen reader says the new cost when it is free to.
    this._line.setAttribute('role', 'status');
    Object.assign(this._line.style, {
      display: 'block',
      maxWidth: '50vw',
      overflow: 'hidden',
      textOverflow: 'ellipsis',
      whiteSpace: 'nowrap'
    });
    this.node.appendChild(this._line);
    this.hide();
  }

  /** Whether there is anything to show. */
  get isActive(): boolean {
    return this._line.textContent !== '';
  }

  /** The item has something to show now, or no longer has. */
  get activeChanged(): ISignal<this, void> {
    return this._activeChanged;
  }

  showStatus(status: IStatus): void {
    const was = this.isActive;
    this._line.textContent = status.text;
    this._line.title = status.tooltip || status.text;
    this._line.setAttribute('aria-label', status.text ? `0G Compute status: ${status.text}` : '');
    this.setHidden(!this.isActive);
    if (was !== this.isActive) {
      this._activeChanged.emit();
    }
  }

  private readonly _line = document.createElement('span');
  private readonly _activeChanged = new Signal<this, void>(this);
}
