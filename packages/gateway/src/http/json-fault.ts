/**
 * Finds where a text stops being JSON. The parser's own message is of no use for that: it quotes what it could not read, which may be SDP or a
 * secret, and its wording is not ours to rely on.
 *
 * @see RFC 8259
 */

/** Where the fault is. Lines and columns begin with 1, and a column counts UTF-16 units, as editors do. */
export interface JsonFault {
  readonly line: number;
  readonly column: number;
  /** Whether the text ends before it is complete. */
  readonly isEnd: boolean;
}

/** What may come next: any value, a value or the end of an array, a key, a key or the end of an object, and so on. */
type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma or end' | 'nothing';

const SPACE = /[ \t\n\r]*/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const FIRST_PRINTABLE = 0x20;

/** @param text whose nesting is limited already @returns undefined if it is JSON */
export function findJsonFault(text: string): JsonFault | undefined {
  const open: ('[' | '{')[] = [];
  let expected: Expected = 'value';
  let at = 0;
  for (;;) {
    at = endOf(SPACE, text, at) ?? at;
    if (at >= text.length) return expected === 'nothing' ? undefined : placeOf(text, at);
    const step = takeToken(text, at, expected, open);
    if (step.fault !== undefined) return placeOf(text, step.fault);
    at = step.end;
    expected = step.next;
  }
}

type Step = { readonly fault: number } | { readonly fault?: undefined; readonly end: number; readonly next: Expected };

/** Takes the token at a place, and updates the list of what is open. */
function takeToken(text: string, at: number, expected: Expected, open: ('[' | '{')[]): Step {
  const token = text[at];
  const isValue = expected === 'value' || expected === 'value or ]';
  const afterValue = (): Expected => (open.length === 0 ? 'nothing' : 'comma or end');
  if (isValue && (token === '[' || token === '{')) {
    open.push(token);
    return { end: at + 1, next: token === '[' ? 'value or ]' : 'key or }' };
  }
  const closes = (expected === 'value or ]' || expected === 'comma or end') && token === ']' && open.at(-1) === '[';
  if (closes || ((expected === 'key or }' || expected === 'comma or end') && token === '}' && open.at(-1) === '{')) {
    open.pop();
    return { end: at + 1, next: afterValue() };
  }
  if (expected === 'comma or end' && token === ',') return { end: at + 1, next: open.at(-1) === '[' ? 'value' : 'key' };
  if (expected === 'colon' && token === ':') return { end: at + 1, next: 'value' };
  const isKey = expected === 'key' || expected === 'key or }';
  if (token === '"' && (isKey || isValue)) {
    const string = takeString(text, at);
    return string.fault === undefined ? { end: string.end, next: isKey ? 'colon' : afterValue() } : string;
  }
  const end = isValue ? endOf(SCALAR, text, at) : undefined;
  return end === undefined ? { fault: at } : { end, next: afterValue() };
}

/** A loop, since an expression that repeats an alternative runs out of memory in a long string. */
function takeString(text: string, start: number): { readonly fault: number } | { readonly fault?: undefined; readonly end: number } {
  let at = start + 1;
  for (; at < text.length && text[at] !== '"'; at++) {
    if (text.charCodeAt(at) < FIRST_PRINTABLE) return { fault: at };
    if (text[at] !== '\\') continue;
    const end = endOf(ESCAPE, text, at);
    if (end === undefined) return { fault: at };
    at = end - 1;
  }
  return at < text.length ? { end: at + 1 } : { fault: text.length };
}

/** @returns undefined if the expression, which must be sticky, does not match there */
function endOf(expression: RegExp, text: string, at: number): number | undefined {
  expression.lastIndex = at;
  return expression.test(text) ? expression.lastIndex : undefined;
}

function placeOf(text: string, at: number): JsonFault {
  const before = text.slice(0, at).split(/\r\n|\r|\n/);
  return { line: before.length, column: (before.at(-1) ?? '').length + 1, isEnd: at >= text.length };
}
