import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';

import { ICON } from './icon';
import { COMMANDS, DOMAIN } from './names';

/** A card in the launcher: a new notebook with the cells of a first answer. */
export const quickstart: JupyterFrontEndPlugin<void> = {
  id: 'zg-jupyter:quickstart',
  description: 'A notebook with the cells of a first answer of 0G Compute.',
  autoStart: true,
  optional: [ILauncher, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    launcher: ILauncher | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const specs = app.serviceManager.kernelspecs;
    app.commands.addCommand(COMMANDS.quickstart, {
      label: args => (args['isPalette'] ? trans.__('New Notebook: First Answer') : trans.__('First Answer')),
      caption: () =>
        specs.specs && !pythonOf(specs.specs)
          ? trans.__('There is no Python kernel here')
          : trans.__('A new notebook that asks a model of 0G Compute, with play money'),
      icon: args => (args['isPalette'] ? undefined : ICON),
      describedBy: {
        args: { type: 'object', properties: { cwd: { type: 'string' }, isPalette: { type: 'boolean' } } }
      },
      isEnabled: () => !specs.specs || pythonOf(specs.specs) !== null,
      execute: async args => {
        await specs.ready;
        const kernel = pythonOf(specs.specs);
        const contents = app.serviceManager.contents;
        const path = typeof args['cwd'] === 'string' ? args['cwd'] : '';
        const made = await contents.newUntitled({ path, type: 'notebook' });
        await contents.save(made.path, {
          type: 'notebook',
          format: 'json',
          content: notebook(trans, kernel)
        });
        return app.commands.execute('docmanager:open', {
          path: made.path,
          factory: 'Notebook',
          ...(kernel ? { kernel: { name: kernel.name } } : {})
        });
      }
    });
    launcher?.add({ command: COMMANDS.quickstart, category: trans.__('0G Compute'), rank: 1 });
    palette?.addItem({
      command: COMMANDS.quickstart,
      category: trans.__('0G Compute'),
      args: { isPalette: true }
    });
  }
};

interface IKernel {
  readonly name: string;
  readonly display_name: string;
}

interface ISpecs {
  readonly default: string;
  readonly kernelspecs: { readonly [name: string]: (IKernel & { readonly language: string }) | undefined };
}

/** The kernel of new notebooks if it is Python, else the first one that is. */
function pythonOf(specs: ISpecs | null): IKernel | null {
  const all = specs ? [specs.kernelspecs[specs.default], ...Object.values(specs.kernelspecs)] : [];
  return all.find(spec => spec?.language === 'python') ?? null;
}

function notebook(trans: TranslationBundle, kernel: IKernel | null): object {
  const text = (source: string): object => ({ cell_type: 'markdown', metadata: {}, source });
  const code = (source: string): object => ({
    cell_type: 'code',
    metadata: {},
    source,
    outputs: [],
    execution_count: null
  });
  return {
    nbformat: 4,
    nbformat_minor: 4, // later ones want an id for every cell; the lab adds them
    metadata: kernel
      ? { kernelspec: { name: kernel.name, display_name: kernel.display_name, language: 'python' } }
      : {},
    cells: [
      text(
        trans.__(
          '# Your first answer\n\nEverything here runs on your own computer: a little blockchain, providers that sell answers, and a real model. The money is play money. Run the cells from top to bottom with Shift+Enter.'
        )
      ),
      code('%load_ext zg_jupyter'),
      code('%zg up'),
      code('%zg deposit 5'),
      code(`%%zg_infer\n${trans.__('What is the capital of Indonesia?')}`),
      code('%zg status')
    ]
  };
}
