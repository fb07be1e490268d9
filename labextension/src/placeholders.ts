/** Where something stands in a text. */
export interface IRange {
  readonly from: number;
  readonly to: number;
}

// The rules of `zg_jupyter/notebook/template.py`, without looking at variables: a place that is
// highlighted is one that the kernel looks at.
const NAME = '[\\p{L}_][\\p{L}\\p{N}_]*';
const KEY = `\\[(?:-?\\d+|${NAME}|'[^'\\[\\]{}\\n]*'|"[^"\\[\\]{}\\n]*")\\]`;
const REFERENCE = new RegExp(`^(?!_)${NAME}(?:\\.${NAME}|${KEY})*$`, 'u');
const CALL = new RegExp(`^${NAME}(?:\\.${NAME}|${KEY})*(?:\\(.*\\)|\\s*[-+*/%]\\s*\\S.*|![rsa]|:\\S*)$`, 'u');
const JOIN = new RegExp(`^(["']).*\\1\\.join\\(.*\\)$`, 'u');
const FIELD = /(\{+)([^{}\n]+)(\}+)/g;
const LATEX = /(?:\\[A-Za-z]{2,}\*?|\^)(?:\{[^{}\n]*\}|\[[^[\]\n]*\])*$/;

/** The places of a prompt where a variable or an expression is put in, braces included. */
export function placeholders(text: string): IRange[] {
  const found: IRange[] = [];
  for (const match of text.matchAll(FIELD)) {
    const [whole, left, field, right] = match;
    const depth = Math.min(left.length, right.length);
    const isValue = depth % 2 === 1 && (REFERENCE.test(field) || CALL.test(field) || JOIN.test(field));
    const start = match.index + left.length - 1;
    const before = text.slice(Math.max(0, start - 60), start);
    if (isValue && !(depth === 1 && LATEX.test(before))) {
      found.push({ from: start, to: match.index + whole.length - right.length + 1 });
    }
  }
  return found;
}
