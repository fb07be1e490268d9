/** Prices of one model: neuron for 1,000,000 tokens, or null where they are not known. */
export interface IOffer {
  readonly model: string;
  readonly input: bigint | null;
  readonly output: bigint | null;
}

export type Trust = 'verified' | 'development' | 'checking' | 'not verified' | 'local' | 'none';

/** What a kernel says beside its line; a missing part is not known. */
export interface IFacts {
  readonly network: string;
  readonly balance: string;
  readonly spent: string;
  readonly budget: string;
  readonly trust: Trust;
  /** Who answers a cell that names no model. */
  readonly offer: IOffer | null;
  readonly maxTokens: number | null;
  readonly offers: ReadonlyArray<IOffer>;
}

/** What a kernel wants to be shown: one line, a longer text on hover, and the facts behind it. */
export interface IStatus {
  readonly text: string;
  readonly tooltip: string;
  readonly facts: IFacts | null;
}

export const NOTHING: IStatus = { text: '', tooltip: '', facts: null };

const MAX_TEXT = 120;
const MAX_TOOLTIP = 600;
const MAX_NAME = 60;
const MAX_OFFERS = 100;
const TRUSTS: ReadonlyArray<Trust> = [
  'verified',
  'development',
  'checking',
  'not verified',
  'local',
  'none'
];

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

/** A name from elsewhere as one harmless line; empty when it is no text. */
export function oneLine(value: unknown, max = MAX_NAME): string {
  return typeof value === 'string' ? cut(value.replace(UNWANTED, ' ').trim(), max) : '';
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
    text: oneLine(text, MAX_TEXT),
    tooltip:
      typeof tooltip === 'string'
        ? cut(tooltip.replace(UNWANTED_BUT_NEWLINE, ' ').trim(), MAX_TOOLTIP)
        : '',
    facts: readFacts(data as Record<string, unknown>)
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

function readFacts(data: Record<string, unknown>): IFacts | null {
  const network = oneLine(data['network']);
  if (!network) {
    return null;
  }
  const offer = data['offer'] as Record<string, unknown> | undefined;
  const most = offer?.['max_tokens'];
  const offers = Array.isArray(data['offers']) ? data['offers'].slice(0, MAX_OFFERS) : [];
  return {
    network,
    balance: oneLine(data['balance']),
    spent: oneLine(data['spent']),
    budget: oneLine(data['budget']),
    trust: TRUSTS.find(trust => trust === data['trust']) ?? 'none',
    offer: readOffer(offer),
    maxTokens: typeof most === 'number' && Number.isSafeInteger(most) && most > 0 ? most : null,
    offers: offers.map(readOffer).filter((found): found is IOffer => found !== null)
  };
}

function readOffer(data: unknown): IOffer | null {
  if (typeof data !== 'object' || data === null) {
    return null;
  }
  const { model, input, output } = data as Record<string, unknown>;
  // As the kernel knows it: it is compared with what a person types, and cut where it is shown.
  return typeof model === 'string' && model && model.length < 500
    ? { model, input: readPrice(input), output: readPrice(output) }
    : null;
}

function readPrice(value: unknown): bigint | null {
  return typeof value === 'string' && /^\d{1,60}$/.test(value) ? BigInt(value) : null;
}
