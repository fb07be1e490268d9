import type { IOffer } from './text';

// The rule of `pricing.estimated_usage`: about four bytes a token.
const BYTES_PER_TOKEN = 4;
// What the chat templates in use write around a question, as the line "You are a helpful assistant".
const TEMPLATE_TOKENS = 24;
const TOKENS_PER_PRICE = 1_000_000n;
const NEURON_PER_0G = 10n ** 18n;
const DIGITS = 3;

const encoder = new TextEncoder();

/** About how many tokens some texts have together. */
export function tokensOf(...texts: string[]): number {
  const bytes = texts.reduce((sum, text) => sum + encoder.encode(text).length, 0);
  return Math.max(1, Math.floor(bytes / BYTES_PER_TOKEN));
}

/** About what a question costs at most, in neuron; null where a price is not known. */
export function costOf(offer: IOffer | null, tokens: number, most: number): bigint | null {
  if (!offer || offer.input === null || offer.output === null) {
    return null;
  }
  const read = BigInt(tokens + TEMPLATE_TOKENS);
  return (offer.input * read + offer.output * BigInt(most)) / TOKENS_PER_PRICE;
}

/** Neuron as 0G with three significant digits, as `units.format_0g` writes it. */
export function format0g(neuron: bigint): string {
  const excess = neuron.toString().length - DIGITS;
  let rest = neuron;
  if (excess > 0) {
    const step = 10n ** BigInt(excess);
    rest = ((rest + step / 2n) / step) * step;
  }
  const fraction = (rest % NEURON_PER_0G).toString().padStart(18, '0').replace(/0+$/, '');
  return `${rest / NEURON_PER_0G}${fraction ? `.${fraction}` : ''} 0G`;
}
