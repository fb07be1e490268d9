import { commands } from './commands';
import { panel } from './panel';
import { status, statuses } from './status';

export default [statuses, status, panel, commands];
