import { commands } from './commands';
import { guard } from './guard';
import { panel } from './panel';
import { prompts } from './prompts';
import { status, statuses } from './status';

export default [statuses, status, panel, commands, guard, prompts];
