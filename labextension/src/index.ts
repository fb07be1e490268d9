import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { IStatusBar } from '@jupyterlab/statusbar';

import { StatusItem } from './item';
import { KernelStatus } from './kernelstatus';
import { NOTHING } from './text';

const ID = 'zg-jupyter:status';

/** Shows what the kernel of the current notebook says about network, balance and spend. */
const plugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Network, balance and spend of 0G Compute in the status bar.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [IStatusBar],
  activate: (app: JupyterFrontEnd, tracker: INotebookTracker, statusBar: IStatusBar | null) => {
    const item = new StatusItem();
    const statuses = new WeakMap<NotebookPanel, KernelStatus>();

    const refresh = (): void => {
      const panel = tracker.currentWidget;
      item.showStatus((panel && statuses.get(panel)?.status) ?? NOTHING);
    };
    const follow = (panel: NotebookPanel): void => {
      const status = new KernelStatus(panel.sessionContext);
      statuses.set(panel, status);
      status.changed.connect(refresh);
    };

    tracker.forEach(follow);
    tracker.widgetAdded.connect((_, panel) => follow(panel));
    tracker.currentChanged.connect(refresh);

    if (statusBar) {
      statusBar.registerStatusItem(ID, {
        item,
        align: 'left',
        rank: 50,
        priority: 1,
        isActive: () => item.isActive,
        activeStateChanged: item.activeChanged
      });
    } else {
      // Notebook 7 has no status bar: the menu line, left of its "Trusted".
      Object.assign(item.node.style, { alignSelf: 'center', paddingRight: '12px' });
      app.shell.add(item, 'menu', { rank: 1000 });
    }
    refresh();
  }
};

export default plugin;
