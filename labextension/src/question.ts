import type { Kernel, KernelMessage } from '@jupyterlab/services';

/** What became of a question to a kernel. */
export type Answer =
  | { readonly kind: 'value'; readonly data: Readonly<Record<string, unknown>> }
  | { readonly kind: 'error'; readonly name: string; readonly text: string }
  | { readonly kind: 'other language' }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'gone' };

/**
 * Have a Python kernel evaluate one expression: nothing is run in the notebook, counted, or kept
 * in its history. It waits behind a running cell.
 */
export async function ask(kernel: Kernel.IKernelConnection, expression: string): Promise<Answer> {
  let reply: KernelMessage.IExecuteReplyMsg | undefined;
  try {
    if ((await kernel.info).language_info.name !== 'python') {
      return { kind: 'other language' };
    }
    if (kernel.isDisposed) {
      return { kind: 'gone' };
    }
    reply = await kernel.requestExecute(
      {
        code: '',
        silent: true,
        store_history: false,
        allow_stdin: false,
        stop_on_error: false,
        user_expressions: { answer: expression }
      },
      true
    ).done;
  } catch {
    return { kind: 'gone' }; // the kernel went away; its successor is asked again
  }
  return read(reply?.content);
}

/** Text as a literal of Python: JSON's is one, escapes included. */
export function literal(text: string): string {
  return JSON.stringify(text);
}

/** The text behind the `repr` of a string that has nothing to escape, such as an id. */
export function plainText(answer: Answer): string | null {
  const repr = answer.kind === 'value' ? answer.data['text/plain'] : undefined;
  return typeof repr === 'string' && /^'[^'"\\]+'$/.test(repr) ? repr.slice(1, -1) : null;
}

function read(content: KernelMessage.IExecuteReplyMsg['content'] | undefined): Answer {
  if (content?.status !== 'ok') {
    return { kind: content?.status === 'aborted' ? 'aborted' : 'gone' };
  }
  const found = content.user_expressions?.['answer'] as Record<string, unknown> | undefined;
  if (found?.['status'] === 'error') {
    return { kind: 'error', name: String(found['ename']), text: String(found['evalue']) };
  }
  const data = found?.['data'];
  return typeof data === 'object' && data !== null
    ? { kind: 'value', data: data as Record<string, unknown> }
    : { kind: 'gone' };
}
