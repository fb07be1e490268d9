/** Where something stands in a text. */
export interface IRange {
  readonly from: number;
  readonly to: number;
}

// The rules of `zg_jupyter/notebook/template.py` and `expressions.py`, as far as they can be told
// without Python and without variables: a place that is highlighted is one the kernel looks at.
const FIELD = /(\{+)([^{}\n]+)(\}+)/g;
const LATEX = /(?:\\[A-Za-z]{2,}\*?|\^)(?:\{[^{}\n]*\}|\[[^[\]\n]*\])*$/;
const LATEX_LENGTH = 200;
const MAX_FIELD = 400;

const TOKEN =
  /\s*("[^"]*"|'[^']*'|[\p{L}_][\p{L}\p{N}_]*|\d[\w.]*|\*\*|\/\/|[<>=!]=|[-+*/%<>@.,()[\]:&~^=])/uy;
const CONVERSION = /^(.*)![rsa](?::(.*))?$/;
const FORMAT =
  /^(?=.*(?:[<>^+,_#]|\.\d|\d[dfs]|^%))(?:(?:.?[<>^])?\+?#?0?\d*[,_]?(?:\.\d+)?[bcdeEfFgGnosxX%]?|%[a-zA-Z][^'"]*)$/;
const JOINING = new Set(['and', 'or', 'not', 'in', 'is', 'if', 'else', 'for']);
const NEVER = new Set(['lambda', 'await', 'yield']);
const FIRST = /^(?:[\p{L}_\d"'([~+-])/u;
const CONSTANTS = new Set(['None', 'True', 'False']);

/** The places of a prompt where a variable or an expression is put in, braces included. */
export function placeholders(text: string): IRange[] {
  const found: IRange[] = [];
  for (const match of text.matchAll(FIELD)) {
    const [whole, left, field, right] = match;
    const depth = Math.min(left.length, right.length);
    const start = match.index + left.length - 1;
    const before = text.slice(Math.max(0, start - LATEX_LENGTH), start);
    if (depth % 2 === 1 && isExpression(field) && !(depth === 1 && LATEX.test(before))) {
      found.push({ from: start, to: match.index + whole.length - right.length + 1 });
    }
  }
  return found;
}

/** Whether a field looks like an expression of Python that uses a name. */
function isExpression(field: string): boolean {
  if (field.length > MAX_FIELD || field.trim() !== field) {
    return false;
  }
  const [, text, format] = CONVERSION.exec(field) ?? ['', field, undefined];
  if (format !== undefined && !FORMAT.test(format)) {
    return false;
  }
  const tokens = tokensOf(text);
  return tokens !== null && FIRST.test(text) && holds(tokens, text);
}

interface IToken {
  readonly text: string;
  readonly end: number;
}

function tokensOf(text: string): IToken[] | null {
  const found: IToken[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) {
      // A format may hold anything: what stands before it is all that is read.
      return found.some(token => token.text === ':') ? found : null;
    }
    found.push({ text: match[1], end: from + match[0].length });
  }
  return found;
}

function holds(tokens: IToken[], text: string): boolean {
  let depth = 0;
  let names = 0;
  let wasOperand = false;
  for (const { text: token, end } of tokens) {
    const isWord = /^[\p{L}_]/u.test(token);
    const isName = isWord && !JOINING.has(token);
    const isOperand = isName || /^["'\d]/.test(token);
    if (NEVER.has(token) || (isOperand && wasOperand)) {
      return false; // two words side by side are text
    }
    names += isName && !CONSTANTS.has(token) ? 1 : 0;
    if (token === '(' || token === '[') {
      depth += 1;
    } else if (token === ')' || token === ']') {
      depth -= 1;
    } else if (depth === 0 && token === ':') {
      return names > 0 && wasOperand && FORMAT.test(text.slice(end));
    } else if (depth === 0 && (token === ',' || token === '=')) {
      return false; // a tuple, or no expression
    }
    wasOperand = isOperand || token === ')' || token === ']';
  }
  return depth === 0 && names > 0 && wasOperand;
}
