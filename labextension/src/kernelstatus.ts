import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';

import { ask } from './question';
import { NOTHING, readAnswer, readStatus } from './text';
import type { IStatus } from './text';

/** The comm target of `zg_jupyter.notebook.statusbar.publish`. */
const TARGET = 'zg_jupyter.status';

/**
 * Asks a Python kernel for its latest status. It looks only at what is imported already: in a
 * kernel without our package the answer is an empty string.
 */
const QUESTION =
  "(lambda m: m.percent_encoded() if m else '')" +
  "(__import__('sys').modules.get('zg_jupyter.notebook.statusbar'))";

const GONE: ReadonlySet<Kernel.Status> = new Set<Kernel.Status>([
  'restarting',
  'autorestarting',
  'terminating',
  'dead'
]);

/**
 * The latest status of the kernel behind one notebook.
 *
 * Updates come as one-shot comms: events without a state, so nothing has to be restored when the
 * page is loaded again. What was missed while no page was connected is asked for once per
 * connection.
 */
export class KernelStatus {
  constructor(context: ISessionContext) {
    this._context = context;
    context.kernelChanged.connect(this._onKernelChanged, this);
    context.connectionStatusChanged.connect(this._onConnectionChanged, this);
    context.statusChanged.connect(this._onStatusChanged, this);
    context.iopubMessage.connect(this._onMessage, this);
    context.disposed.connect(() => Signal.clearData(this));
    this._onKernelChanged();
  }

  get status(): IStatus {
    return this._status;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  private _onKernelChanged(): void {
    this._show(NOTHING);
    this._asked = false;
    // The message itself is read from the iopub channel, because of several notebooks on one
    // kernel only the first one's connection handles comms. An unknown target is an error there.
    this._context.session?.kernel?.registerCommTarget(TARGET, () => undefined);
    void this._ask();
  }

  private _onConnectionChanged(_: unknown, status: Kernel.ConnectionStatus): void {
    if (status === 'connected') {
      this._asked = false;
      void this._ask();
    }
  }

  private _onStatusChanged(_: unknown, status: Kernel.Status): void {
    if (GONE.has(status)) {
      this._show(NOTHING);
    } else if (status === 'idle') {
      void this._ask();
    }
  }

  private _onMessage(_: unknown, message: KernelMessage.IMessage): void {
    if (message.header.msg_type !== 'comm_open') {
      return;
    }
    const { target_name, data } = message.content as KernelMessage.ICommOpenMsg['content'];
    if (target_name === TARGET) {
      this._events += 1;
      this._show(readStatus(data) ?? NOTHING);
    }
  }

  /** Ask once per connection, when the kernel is idle: it never waits behind a running cell. */
  private async _ask(): Promise<void> {
    const kernel = this._context.session?.kernel;
    if (
      !kernel ||
      this._asked ||
      kernel.status !== 'idle' ||
      kernel.connectionStatus !== 'connected'
    ) {
      return;
    }
    this._asked = true;
    const events = this._events;
    const answer = await ask(kernel, QUESTION);
    if (this._context.session?.kernel !== kernel || events !== this._events) {
      return; // what came in the meantime is newer
    }
    if (answer.kind === 'aborted') {
      this._asked = false;
    }
    const status = answer.kind === 'value' ? readAnswer(answer.data['text/plain']) : null;
    if (status) {
      this._show(status);
    }
  }

  private _show(status: IStatus): void {
    if (status !== this._status) {
      this._status = status;
      this._changed.emit();
    }
  }

  private readonly _context: ISessionContext;
  private readonly _changed = new Signal<this, void>(this);
  private _status: IStatus = NOTHING;
  private _asked = false;
  private _events = 0;
}
