import { commands } from './commands';
import { guard } from './guard';
import { panel } from './panel';
import { prompts } from './prompts';
import { quickstart } from './quickstart';
import { settings } from './settings';
import { status, statuses } from './status';

export default [statuses, status, panel, commands, quickstart, guard, prompts, settings];
