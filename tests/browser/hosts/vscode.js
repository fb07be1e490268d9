// As VS Code shows widgets: its own published script (`@vscode/jupyter-ipywidgets8`) has the manager; widget modules
// are found in the kernel's nbextensions and come through require.js.

import { connected, Notebook } from './kernel.js';

const { activate } = await import(new URL('ipywidgets.js', location.href).href);
activate();
window.vscIPyWidgets8.load();

const loader = {
  widgetsRegisteredInRequireJs: new Set(),
  errorHandler: (className, moduleName, moduleVersion, error) => console.error(moduleName, className, error),
  successHandler: () => {},
  loadWidgetScript: async moduleName => {
    requirejs.config({ paths: { [moduleName]: `nbextensions/${moduleName}/index` } });
  }
};
const kernel = connected();
const manager = new window.vscIPyWidgets.WidgetManager(kernel, document.body, loader, () => {});
window.notebook = new Notebook(kernel, async (id, element) => {
  element.className = 'cell-output-ipywidget-background';
  const view = await manager.create_view(await manager.get_model(id));
  await manager.display_view({}, view, { node: element });
});
