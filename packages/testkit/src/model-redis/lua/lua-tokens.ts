/** Splits Lua 5.1 into tokens. Syntax that the scripts of this project do not use is refused. */

export interface LuaToken {
  readonly type: 'name' | 'keyword' | 'symbol' | 'number' | 'string' | 'end';
  readonly text: string;
  readonly line: number;
}

const KEYWORDS: ReadonlySet<string> = new Set([
  ...['and', 'break', 'do', 'else', 'elseif', 'end', 'false', 'for', 'function', 'if', 'in', 'local', 'nil', 'not', 'or'],
  ...['repeat', 'return', 'then', 'true', 'until', 'while'],
]);
const WORD = /[A-Za-z_]\w*/y;
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y;
const SYMBOL = /\.\.\.|\.\.|==|~=|<=|>=|[-+*/%^#<>=(){}[\];:,.]/y;
const BLANK = /(?:\s+|--(?!\[\[)[^\n]*)+/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"' };

/** @throws Error – the text contains an invalid token; the message names the line */
export function readLuaTokens(source: string): readonly LuaToken[] {
  const tokens: LuaToken[] = [];
  let offset = 0;
  let line = 1;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = offset;
    const text = pattern.exec(source)?.[0];
    if (text === undefined) return undefined;
    offset += text.length;
    line += text.split('\n').length - 1;
    return text;
  };
  for (take(BLANK); offset < source.length; take(BLANK)) {
    const word = take(WORD);
    if (word !== undefined) {
      tokens.push({ type: KEYWORDS.has(word) ? 'keyword' : 'name', text: word, line });
      continue;
    }
    const number = take(NUMBER);
    const string = number === undefined ? take(STRING) : undefined;
    const symbol = number === undefined && string === undefined ? take(SYMBOL) : undefined;
    if (number !== undefined) tokens.push({ type: 'number', text: number, line });
    else if (string !== undefined) tokens.push({ type: 'string', text: unescaped(string, line), line });
    else if (symbol !== undefined) tokens.push({ type: 'symbol', text: symbol, line });
    else throw new Error(`line ${line}: ${JSON.stringify(source.slice(offset, offset + 10))} is not read here`);
  }
  tokens.push({ type: 'end', text: 'the end', line });
  return tokens;
}

function unescaped(quoted: string, line: number): string {
  return quoted.slice(1, -1).replace(/\\(.)/g, (_, letter: string) => {
    const meant = ESCAPES[letter];
    if (meant === undefined) throw new Error(`line ${line}: the escape \\${letter} is not read here`);
    return meant;
  });
}
