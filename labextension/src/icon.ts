import { LabIcon } from '@jupyterlab/ui-components';

/** The mark of the panel, the launcher's card and the settings. */
export const ICON = new LabIcon({
  name: 'zg-jupyter:panel',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">' +
    '<g class="jp-icon3" fill="#616161"><path d="M12 3a9 9 0 1 0 9 9h-3a6 6 0 1 1-6-6z"/>' +
    '<path d="M13 10.5h8v3h-8z"/></g></svg>'
});
