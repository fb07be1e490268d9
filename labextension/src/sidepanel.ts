import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';

import { ICON } from './icon';
import { PANEL_ID } from './names';
import { ask, plainText } from './question';

const VIEW = 'application/vnd.jupyter.widget-view+json';

/** Gives the id of the one panel of a kernel, which makes it on first use. */
const QUESTION = "__import__('zg_jupyter.panel', fromlist=['x']).model_id()";

/** What is rendered for one notebook, and whose it is. */
interface IShown {
  readonly kernel: string;
  readonly widget: Widget;
}

/** A kernel that has not answered for so long runs something else. */
const PATIENCE_MS = 1500;

/**
 * Shows the widget panel of the kernel of the notebook in front.
 *
 * The panel itself is written in Python; it is rendered with the widget manager of the notebook. A
 * kernel is asked for it only while this side area is open, so a closed one costs nothing.
 */
export class SidePanel extends Panel {
  constructor(tracker: INotebookTracker, trans: TranslationBundle) {
    super();
    this.id = PANEL_ID;
    this.addClass('zg-side');
    this.title.icon = ICON;
    this.title.caption = trans.__('0G Compute');
    this.node.setAttribute('aria-label', trans.__('0G Compute'));
    this.node.setAttribute('role', 'region');
    this._tracker = tracker;
    this._trans = trans;
    this._say = new Notice(trans.__('Try again'), () => {
      this._refused.clear();
      void this._update();
    });
    this.addWidget(this._say);
    tracker.forEach(panel => this._follow(panel));
    tracker.widgetAdded.connect((_, panel) => this._follow(panel));
    tracker.currentChanged.connect(() => void this._update());
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    void this._update();
  }

  private _follow(panel: NotebookPanel): void {
    const context = panel.sessionContext;
    const look = (): void => {
      if (panel === this._tracker.currentWidget) {
        void this._update();
      }
    };
    context.kernelChanged.connect(() => {
      this._forget(panel);
      look();
    });
    context.statusChanged.connect((_, status) => {
      if (status === 'restarting' || status === 'autorestarting' || status === 'dead') {
        this._forget(panel);
        this._refused.clear();
      }
      // A running cell is no reason to look away from a panel that is there.
      if (!this._shown.has(panel)) {
        look();
      }
    });
    context.connectionStatusChanged.connect(look);
    panel.disposed.connect(() => this._forget(panel));
  }

  /** Show what belongs to the notebook in front. */
  private async _update(): Promise<void> {
    if (!this.isVisible) {
      return;
    }
    const panel = this._tracker.currentWidget;
    const shown = panel && this._shown.get(panel);
    if (panel && shown && shown.kernel === panel.sessionContext.session?.kernel?.id) {
      this._bringForward(shown.widget);
      return;
    }
    const kernel = panel?.sessionContext.session?.kernel ?? null;
    const waiting = kernel && this._asking.get(kernel.id);
    if (waiting) {
      this._tell(waiting);
      return; // it is busy with our question, and its answer leads here again
    }
    const refused = kernel && this._refused.get(kernel.id);
    if (refused) {
      this._tell(refused, true);
      return;
    }
    const obstacle = this._obstacle(panel, kernel);
    if (obstacle || !panel || !kernel) {
      this._tell(obstacle);
      return;
    }
    this._asking.set(kernel.id, this._trans.__('Waiting for the kernel …'));
    // Between two cells a kernel looks idle, and then our question waits behind the second one.
    const slow = window.setTimeout(() => {
      this._asking.set(kernel.id, this._busy());
      void this._update();
    }, PATIENCE_MS);
    void this._update();
    let answer;
    try {
      answer = await ask(kernel, QUESTION);
    } finally {
      window.clearTimeout(slow);
      this._asking.delete(kernel.id);
    }
    if (panel.isDisposed || this.isDisposed) {
      return;
    }
    const id = plainText(answer);
    if (id !== null && panel.sessionContext.session?.kernel === kernel) {
      this._keep(panel, kernel, id);
    } else if (answer.kind !== 'gone' && answer.kind !== 'aborted') {
      // Not asked again by itself: every answer changes the status of the kernel, and leads here.
      this._refused.set(kernel.id, this._complaint(answer));
    } else if (panel === this._tracker.currentWidget) {
      return; // the next status of the kernel leads here
    }
    void this._update();
  }

  private _busy(): string {
    return this._trans.__('The kernel is busy. The panel appears when it can answer.');
  }

  /** Why there is no panel now; empty when the kernel can be asked. */
  private _obstacle(panel: NotebookPanel | null, kernel: Kernel.IKernelConnection | null): string {
    const trans = this._trans;
    if (!panel) {
      return trans.__('Open a notebook: the panel shows what its kernel knows.');
    }
    if (!panel.content.rendermime.mimeTypes.includes(VIEW)) {
      return trans.__(
        'This Jupyter cannot show widgets. Install jupyterlab_widgets beside JupyterLab and load the page again.'
      );
    }
    if (!kernel) {
      return trans.__('This notebook has no kernel. Choose one to see the panel.');
    }
    if (kernel.connectionStatus !== 'connected') {
      return trans.__('Connecting to the kernel …');
    }
    switch (kernel.status) {
      case 'idle':
        return '';
      case 'busy':
        return this._busy();
      case 'dead':
      case 'terminating':
        return trans.__('The kernel has stopped. Start it again to see the panel.');
      default:
        return trans.__('The kernel is starting. The panel appears when it can answer.');
    }
  }

  private _complaint(answer: { kind: string; name?: string; text?: string }): string {
    const trans = this._trans;
    if (answer.kind === 'other language') {
      return trans.__('The kernel of this notebook is not Python, so it has no panel.');
    }
    if (answer.name === 'ModuleNotFoundError' || answer.name === 'ImportError') {
      return trans.__(
        'This kernel does not have the package of the panel (%1). Install it with: %pip install zg-jupyter',
        (answer.text ?? '').slice(0, 120)
      );
    }
    return trans.__('The panel could not be made: %1', (answer.text ?? '').slice(0, 300));
  }

  private _keep(panel: NotebookPanel, kernel: Kernel.IKernelConnection, id: string): void {
    this._forget(panel);
    const rendermime = this._owner(panel, kernel).content.rendermime;
    const widget = rendermime.createRenderer(VIEW);
    widget.addClass('zg-side-view');
    const data = { version_major: 2, version_minor: 0, model_id: id };
    void widget.renderModel(rendermime.createModel({ data: { [VIEW]: data } }));
    this._shown.set(panel, { kernel: kernel.id, widget });
    this._widgets.add(widget);
    this.addWidget(widget);
  }

  /** Of several notebooks on one kernel, only the first one's connection hears of new widgets. */
  private _owner(panel: NotebookPanel, kernel: Kernel.IKernelConnection): NotebookPanel {
    if (kernel.handleComms) {
      return panel;
    }
    const owner = this._tracker.find(other => {
      const theirs = other.sessionContext.session?.kernel;
      return theirs?.id === kernel.id && theirs.handleComms;
    });
    return owner ?? panel;
  }

  private _forget(panel: NotebookPanel): void {
    const shown = this._shown.get(panel);
    if (shown) {
      this._shown.delete(panel);
      this._widgets.delete(shown.widget);
      shown.widget.dispose();
    }
  }

  private _bringForward(widget: Widget): void {
    this._say.hide();
    this._widgets.forEach(other => other.setHidden(other !== widget));
  }

  private _tell(text: string, again = false): void {
    this._widgets.forEach(widget => widget.hide());
    this._say.tell(text, again);
    this._say.show();
  }

  private readonly _tracker: INotebookTracker;
  private readonly _trans: TranslationBundle;
  private readonly _say: Notice;
  private readonly _shown = new Map<NotebookPanel, IShown>();
  private readonly _widgets = new Set<Widget>();
  /** What is said while a kernel is being asked, by its id. */
  private readonly _asking = new Map<string, string>();
  /** What was wrong with a kernel that answered without a panel, by its id. */
  private readonly _refused = new Map<string, string>();
}

/** One sentence, and sometimes a button. */
class Notice extends Widget {
  constructor(label: string, onAgain: () => void) {
    super();
    this.addClass('zg-side-notice');
    this._text.setAttribute('role', 'status');
    this._again.type = 'button';
    this._again.className = 'jp-mod-styled jp-mod-accept';
    this._again.textContent = label;
    this._again.addEventListener('click', onAgain);
    this.node.append(this._text, this._again);
  }

  tell(text: string, again: boolean): void {
    if (this._text.textContent !== text) {
      this._text.textContent = text;
    }
    this._again.hidden = !again;
  }

  private readonly _text = document.createElement('p');
  private readonly _again = document.createElement('button');
}
