import type { IFacts, IOffer } from './text';

/** What the first line of a cell says, as far as a person who writes it wants to see it. */
export interface IPromptLine {
  readonly model: string;
  readonly provider: string;
  readonly system: string;
  readonly maxTokens: number | null;
  /** What it costs is not a matter of tokens, or not of one offer. */
  readonly isOther: boolean;
}

/** A word of the line with its place in it. */
export interface IWord {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const HEAD = /^%%zg_infer(?=\s|$)/;
const WORD = /(?:"[^"]*"?|'[^']*'?|[^\s"'])+/g;
const QUOTES = /["']/g;
const SHORT: Readonly<Record<string, string>> = {
  '-m': '--model',
  '-p': '--provider',
  '-s': '--system',
  '-f': '--format'
};

/** Whether a cell with this first line asks a model. */
export function isPrompt(firstLine: string): boolean {
  return HEAD.test(firstLine);
}

/** The words of a line, quotation marks kept. */
export function wordsOf(line: string): IWord[] {
  return Array.from(line.matchAll(WORD), match => ({
    text: match[0],
    from: match.index,
    to: match.index + match[0].length
  }));
}

/** Read the options that an estimate needs; mistakes in them are for the kernel to tell. */
export function readLine(line: string): IPromptLine {
  const given = new Map<string, string>();
  const words = wordsOf(line).slice(1);
  for (let at = 0; at < words.length; at += 1) {
    const [name, ...value] = words[at].text.split('=');
    if (name.startsWith('-')) {
      const next = words[at + 1]?.text ?? '';
      given.set(SHORT[name] ?? name, (value.length ? value.join('=') : next).replace(QUOTES, ''));
    }
  }
  const most = Number(given.get('--max-tokens'));
  return {
    model: given.get('--model') ?? '',
    provider: given.get('--provider') ?? '',
    system: given.get('--system') ?? '',
    maxTokens: Number.isSafeInteger(most) && most > 0 ? most : null,
    isOther:
      given.has('--compare') ||
      given.has('--chat') ||
      given.has('-c') ||
      given.get('--format') === 'image' ||
      words.some(word => word.text.startsWith('@'))
  };
}

/** Whose price it is, as far as a kernel told it: of a provider that is named, nobody's here. */
export function offerFor(line: IPromptLine, facts: IFacts | null): IOffer | null {
  if (!facts || line.provider || line.isOther) {
    return null;
  }
  if (line.model && line.model !== facts.offer?.model) {
    return facts.offers.find(offer => offer.model === line.model) ?? null;
  }
  return facts.offer;
}
