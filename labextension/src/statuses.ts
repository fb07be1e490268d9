import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { Token } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';

import { KernelStatus } from './kernelstatus';
import { NOTHING } from './text';
import type { IStatus } from './text';

export const IStatuses = new Token<IStatuses>(
  'zg-jupyter:IStatuses',
  'What the kernels of open notebooks say about 0G Compute.'
);

/** The status of every open notebook. */
export interface IStatuses {
  of(panel: NotebookPanel | null): IStatus;
  readonly changed: ISignal<IStatuses, NotebookPanel>;
}

export class Statuses implements IStatuses {
  constructor(tracker: INotebookTracker) {
    tracker.forEach(panel => this._follow(panel));
    tracker.widgetAdded.connect((_, panel) => this._follow(panel));
  }

  of(panel: NotebookPanel | null): IStatus {
    return (panel && this._known.get(panel)?.status) ?? NOTHING;
  }

  get changed(): ISignal<this, NotebookPanel> {
    return this._changed;
  }

  private _follow(panel: NotebookPanel): void {
    const status = new KernelStatus(panel.sessionContext);
    this._known.set(panel, status);
    status.changed.connect(() => this._changed.emit(panel));
  }

  private readonly _known = new WeakMap<NotebookPanel, KernelStatus>();
  private readonly _changed = new Signal<this, NotebookPanel>(this);
}
