/** Stands where a key was. */
export const REMOVED = '[key removed by zg_jupyter]';

// The form of our API keys says what they are: `zg_jupyter/keys_in_text.py` has the same one. The
// names of styles begin like that too (sk-toggleable__content), and have no digits.
const TOKEN = /(?<![0-9a-zA-Z])(?:app-sk-|sk-|mk-)[0-9a-zA-Z+/=_|-]{24,}/g;
const DIGIT = /\d/;

// 64 hex digits are a private key or a hash, and nobody can tell: the words before them can.
const HEX = /(?<![0-9a-zA-Z])(?:0[xX])?[0-9a-fA-F]{64}(?![0-9a-zA-Z])/g;
const NAMES = [
  /(?:private|secret|priv|mnemonic|wallet)[\w\s"'`.[\]-]*key/i,
  /key[\w"'`.[\]-]*\s*[:=]/i,
  /\bkey(?:\s+is)?\W{0,4}$/i,
  /\b(?:private|secret|kunci)\b/i
];
const PUBLIC = /(?:\b|_)pub(?:lic)?[\s_.-]*key[\w"'`.[\]-]*\s*[:=]?\W*$/i;
const NAME_LENGTH = 80;

/** Whether a text holds something that looks like a key. */
export function holdsKey(text: string): boolean {
  return scrubbed(text) !== text;
}

/** The text without what looks like a key. */
export function scrubbed(text: string): string {
  return text
    .replace(TOKEN, found => (DIGIT.test(found) ? REMOVED : found))
    .replace(HEX, (found, at: number, whole: string) => {
      const line = whole.slice(Math.max(0, at - NAME_LENGTH), at).split('\n').pop() ?? '';
      const isKey = NAMES.some(name => name.test(line)) && !PUBLIC.test(line);
      return isKey ? REMOVED : found;
    });
}
