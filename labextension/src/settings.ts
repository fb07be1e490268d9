import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import { ISettingRegistry } from '@jupyterlab/settingregistry';

import { ask, literal } from './question';

const ID = 'zg-jupyter:settings';
const NAMES = ['network', 'model', 'budget', 'language', 'verify'];

/**
 * Sets variables that are not set, in kernels that can import our package and have not connected
 * with it. Nothing is imported, and what the environment or `%zg set` said before stays.
 */
const SET =
  "(lambda sys, os, util, wanted: [os.environ.setdefault(n, v) for n, v in wanted.items()] if " +
  "util.find_spec('zg_jupyter') and not " +
  "getattr(sys.modules.get('zg_jupyter.client'), 'is_connected', bool)() else [])" +
  "(__import__('sys'), __import__('os'), __import__('importlib.util').util, ";

/** Hands the settings of the lab to Python kernels, as defaults in their environment. */
export const settings: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Defaults of 0G Compute for Python kernels.',
  autoStart: true,
  requires: [INotebookTracker, ISettingRegistry],
  activate: (_: JupyterFrontEnd, tracker: INotebookTracker, registry: ISettingRegistry) => {
    let loaded: Promise<ISettingRegistry.ISettings | null> | null = null;
    const told = new WeakSet<Kernel.IKernelConnection>();
    const tell = async (panel: NotebookPanel): Promise<void> => {
      const kernel = panel.sessionContext.session?.kernel;
      if (!kernel || kernel.connectionStatus !== 'connected' || told.has(kernel)) {
        return;
      }
      told.add(kernel);
      // Only with a first kernel: the lab starts without.
      loaded ??= registry.load(ID).catch(() => null);
      const wanted = environment(await loaded);
      if (Object.keys(wanted).length > 0) {
        await ask(kernel, `${SET}${table(wanted)})`);
      }
    };
    const follow = (panel: NotebookPanel): void => {
      const context = panel.sessionContext;
      context.kernelChanged.connect(() => void tell(panel));
      context.connectionStatusChanged.connect(() => void tell(panel));
      context.statusChanged.connect((_, status) => {
        const kernel = context.session?.kernel;
        if (kernel && (status === 'restarting' || status === 'autorestarting')) {
          told.delete(kernel); // its successor on the same connection has a new environment
        } else {
          void tell(panel);
        }
      });
      void tell(panel);
    };
    tracker.forEach(follow);
    tracker.widgetAdded.connect((_, panel) => follow(panel));
  }
};

/** The settings that are set, by the names that `zg_jupyter/settings.py` reads. */
function environment(found: ISettingRegistry.ISettings | null): Record<string, string> {
  const set: Record<string, string> = {};
  for (const name of NAMES) {
    const value = found?.get(name).composite;
    if (typeof value === 'string' && value.trim()) {
      set[`ZG_${name.toUpperCase()}`] = value.trim();
    }
  }
  return set;
}

/** A table of texts as Python writes one. */
function table(texts: Record<string, string>): string {
  const parts = Object.entries(texts).map(([name, text]) => `${literal(name)}: ${literal(text)}`);
  return `{${parts.join(', ')}}`;
}
