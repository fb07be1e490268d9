import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import type { IFacts, IStatus, Trust } from './text';

/** The one line in the status bar, a button. Whatever a kernel sends stays text. */
export class StatusItem extends Widget {
  constructor(trans: TranslationBundle, onClick: () => void) {
    super();
    this.id = 'zg-jupyter-status';
    this._trans = trans;
    // A polite live region: a screen reader says the new cost when it is free to.
    this._region.setAttribute('role', 'status');
    this._button.type = 'button';
    this._button.className = 'jp-StatusBar-TextItem zg-status-button';
    this._button.addEventListener('click', onClick);
    this._region.appendChild(this._button);
    this.node.appendChild(this._region);
    this.hide();
  }

  /** Whether there is anything to show. */
  get isActive(): boolean {
    return this._button.textContent !== '';
  }

  /** The item has something to show now, or no longer has. */
  get activeChanged(): ISignal<this, void> {
    return this._activeChanged;
  }

  showStatus(status: IStatus): void {
    const was = this.isActive;
    const text = status.text && status.facts ? this._line(status.facts) : status.text;
    const title = status.tooltip || text;
    // A comm may repeat what is shown: a screen reader need not.
    if (text !== this._button.textContent) {
      this._button.textContent = text;
    }
    this._region.title = title;
    this._region.setAttribute(
      'aria-label',
      text ? this._trans.__('0G Compute status: %1', text) : ''
    );
    this._button.setAttribute('aria-label', this._trans.__('Open the panel: %1', text));
    this.setHidden(!this.isActive);
    if (was !== this.isActive) {
      this._activeChanged.emit();
    }
  }

  private _line(facts: IFacts): string {
    const trans = this._trans;
    const parts = [`0G ${facts.network}`];
    if (facts.balance) {
      parts.push(trans.__('balance %1', facts.balance));
    }
    if (facts.spent) {
      parts.push(
        facts.budget
          ? trans.__('%1 of %2 spent', facts.spent, facts.budget)
          : trans.__('%1 spent', facts.spent)
      );
    }
    parts.push(this._trust(facts.trust));
    return parts.join(' · ');
  }

  /** In words and a sign: nobody has to tell colours apart. */
  private _trust(trust: Trust): string {
    const trans = this._trans;
    switch (trust) {
      case 'verified':
        return '✓ ' + trans.__('verified');
      case 'development':
        return '⚠ ' + trans.__('development signer');
      case 'checking':
        return '… ' + trans.__('being checked');
      case 'not verified':
        return '✗ ' + trans.__('not verified');
      case 'local':
        return trans.__('answered on this computer');
      case 'none':
        return trans.__('no answer yet');
    }
  }

  private readonly _trans: TranslationBundle;
  private readonly _region = document.createElement('div');
  private readonly _button = document.createElement('button');
  private readonly _activeChanged = new Signal<this, void>(this);
}
