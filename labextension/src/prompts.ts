import type { Extension } from '@codemirror/state';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IToolbarWidgetRegistry } from '@jupyterlab/apputils';
import type { Cell } from '@jupyterlab/cells';
import {
  EditorExtensionRegistry,
  IEditorExtensionRegistry,
  IEditorLanguageRegistry
} from '@jupyterlab/codemirror';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { TranslationBundle } from '@jupyterlab/translation';

import { costOf, format0g, tokensOf } from './estimate';
import { ModelTag } from './modeltag';
import { DOMAIN } from './names';
import { placeholders } from './placeholders';
import { promptEditor } from './prompteditor';
import type { IPromptHost } from './prompteditor';
import { offerFor, readLine } from './promptline';
import { IStatuses } from './statuses';
import type { IFacts } from './text';

/** Cells that ask a model look like prompts, and say about what they cost. */
export const prompts: JupyterFrontEndPlugin<void> = {
  id: 'zg-jupyter:prompts',
  description: 'Cells that ask a model of 0G Compute look like prompts.',
  autoStart: true,
  requires: [INotebookTracker, IStatuses, IEditorExtensionRegistry, IEditorLanguageRegistry],
  optional: [IToolbarWidgetRegistry, ITranslator],
  activate: (
    _: JupyterFrontEnd,
    tracker: INotebookTracker,
    statuses: IStatuses,
    extensions: IEditorExtensionRegistry,
    languages: IEditorLanguageRegistry,
    toolbars: IToolbarWidgetRegistry | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const panelOf = (node: Node): NotebookPanel | null =>
      tracker.find(panel => panel.node.contains(node)) ?? null;
    let language: Promise<Extension | null> | null = null;
    const host: IPromptHost = {
      // The markdown that the lab has for its text cells; without it a prompt is plain text.
      get language() {
        language ??= languages.getLanguage('ipythongfm').then(
          found => found?.support ?? null,
          () => null
        );
        return language;
      },
      describe: view => {
        const doc = view.state.doc;
        const facts = statuses.of(panelOf(view.dom)).facts;
        return describe(trans, doc.line(1).text, doc.sliceString(doc.line(1).to + 1), facts);
      },
      onChange: call => {
        statuses.changed.connect(call);
        return () => statuses.changed.disconnect(call);
      }
    };
    extensions.addExtension({
      name: 'zg-jupyter:prompt',
      factory: ({ inline, model }) =>
        inline && (model as { type?: unknown }).type === 'code'
          ? EditorExtensionRegistry.createImmutableExtension(promptEditor(host))
          : null
    });
    toolbars?.addFactory<Cell>(
      'Cell',
      'zg-model',
      cell => new ModelTag(cell, () => statuses.of(panelOf(cell.node)).facts, statuses, trans)
    );
  }
};

/** About what a cell is, and costs at most. */
export function describe(
  trans: TranslationBundle,
  first: string,
  prompt: string,
  facts: IFacts | null
): string {
  const line = readLine(first);
  const text = prompt.trim();
  if (!text) {
    return trans.__('Write what you want to ask below this line.');
  }
  const tokens = tokensOf(text, line.system);
  const parts = [trans._n('about %1 token', 'about %1 tokens', tokens)];
  const most = line.maxTokens ?? facts?.maxTokens ?? null;
  if (!line.isOther && most !== null) {
    parts.push(trans._n('answer up to %1 token', 'answer up to %1 tokens', most));
    const cost = costOf(offerFor(line, facts), tokens, most);
    if (cost !== null) {
      parts.push(trans.__('about %1 at most', format0g(cost)));
    }
  }
  if (placeholders(prompt).length > 0) {
    parts.push(trans.__('values of variables not counted'));
  }
  return parts.join(' · ');
}
