/** What a kernel wants to be shown: one line, and a longer text on hover. */
export interface IStatus {
  readonly text: string;
  readonly tooltip: string;
}

export const NOTHING: IStatus = { text: '', tooltip: '' };

const MAX_TEXT = 120;
const MAX_TOOLTIP = 600;

// Controls, line separators and bidirectional overrides could reorder or break up the amounts
// around them: a model's or provider's name is part of the text.
const UNWANTED = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;
const UNWANTED_BUT_NEWLINE =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;

/** Cut to `max` characters, an ellipsis included, without splitting a surrogate pair. */
function cut(text: string, max: number): string {
  const characters = Array.from(text);
  return characters.length <= max ? text : characters.slice(0, max - 1).join('') + '…';
}

/**
 * Read a status out of data that came from a kernel.
 *
 * @returns null when the data is not a status.
 */
export function readStatus(data: unknown): IStatus | null {
  if (typeof data !== 'object' || data === null) {
    return null;
  }
  const { text, tooltip } = data as Record<string, unknown>;
  if (typeof text !== 'string') {
    return null;
  }
  return {
    text: cut(text.replace(UNWANTED, ' ').trim(), MAX_TEXT),
    tooltip:
      typeof tooltip === 'string'
        ? cut(tooltip.replace(UNWANTED_BUT_NEWLINE, ' ').trim(), MAX_TOOLTIP)
        : ''
  };
}

/**
 * Read the answer to the question of `KernelStatus`: the `repr` of an ASCII string that holds
 * percent-encoded JSON, so no quoting rule of Python is involved.
 */
export function readAnswer(repr: unknown): IStatus | null {
  if (typeof repr !== 'string' || repr.length <= 2) {
    return null;
  }
  try {
    return readStatus(JSON.parse(decodeURIComponent(repr.slice(1, -1))));
  } catch {
    return null; // not our module's answer
  }
}
