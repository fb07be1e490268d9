/** Stands where a key was. */
export const REMOVED = '[key removed by zg_jupyter]';

// The form of our API keys says what they are: `zg_jupyter/keys_in_text.py` has the same one.
const TOKEN = /(?<![0-9a-zA-Z])(?:app-sk-|sk-|mk-)[0-9a-zA-Z+/=_|-]{24,}/g;

// 64 hex digits are a private key or a hash, and nobody can tell: what stands before them on their line can.
const HEX = /(?<![0-9a-zA-Z])(?:0[xX])?[0-9a-fA-F]{64}(?![0-9a-zA-Z])/g;
const NAMED = /(?:private|secret|priv|mnemonic|wallet)[\w\s"'`.[\]-]*key|key[\w"'`.[\]-]*\s*[:=]|(?:private|secret|kunci)\b/i;
const NAME_LENGTH = 80;

/** Whether a text holds something that looks like a key. */
export function holdsKey(text: string): boolean {
  return scrubbed(text) !== text;
}

/** The text without what looks like a key. */
export function scrubbed(text: string): string {
  return text.replace(TOKEN, REMOVED).replace(HEX, (found, at: number) => {
    const line = text.slice(0, at).split('\n').pop() ?? '';
    return NAMED.test(line.slice(-NAME_LENGTH)) ? REMOVED : found;
  });
}
