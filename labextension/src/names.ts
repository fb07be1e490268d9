/** Names that several plugins use. */
export const DOMAIN = 'zg_jupyter';

export const PANEL_ID = 'zg-jupyter-panel';

export const COMMANDS = {
  openPanel: 'zg-jupyter:open-panel',
  insertPrompt: 'zg-jupyter:insert-prompt',
  runAsPrompt: 'zg-jupyter:run-as-prompt',
  explain: 'zg-jupyter:explain-error',
  verify: 'zg-jupyter:verify-notebook',
  exportSpend: 'zg-jupyter:export-spend',
  quickstart: 'zg-jupyter:quickstart'
} as const;
