/** Lists the mutants of a Lua script by its tokens; comments and strings stay as they are. */
import { readFileSync } from 'node:fs';
import { type Mutant, otherNumber } from './mutant.ts';

const TOKEN = /--.*|'[^'\n]*'|"[^"\n]*"|[A-Za-z_]\w*|\d+(?:\.\d+)?|==|~=|<=|>=|\.\.|\S/g;

const OTHER_TOKENS: Readonly<Record<string, string>> = {
  '==': '~=',
  '~=': '==',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  and: 'or',
  or: 'and',
  not: '',
  true: 'false',
  false: 'true',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
};

/** A command to Redis whose reply is unused, on a line of its own. */
const BARE_COMMAND = /^\s*(redis\.call\(.*\))\s*$/;
const CONDITION = /^(\s*(?:else)?if\s+)(.+)(\s+then\b)/;

/** @param root folder of the repository, which `file` is relative to. The script must be ASCII: offsets are counted in characters */
export function listLuaMutants(root: string, file: string): Mutant[] {
  let start = 0;
  return readFileSync(`${root}/${file}`, 'latin1')
    .split('\n')
    .flatMap((text, index) => {
      const lineStart = start;
      start += text.length + 1;
      return changesOf(text).map(({ at, length, replacement }) => ({
        file,
        line: index + 1,
        start: lineStart + at,
        end: lineStart + at + length,
        replacement,
      }));
    });
}

interface Change {
  readonly at: number;
  readonly length: number;
  readonly replacement: string;
}

function changesOf(line: string): Change[] {
  const changes: Change[] = [];
  const command = BARE_COMMAND.exec(line)?.[1];
  if (command !== undefined) changes.push({ at: line.indexOf(command), length: command.length, replacement: '' });
  const [, head = '', condition] = CONDITION.exec(line) ?? [];
  if (condition !== undefined) {
    for (const replacement of ['true', 'false']) changes.push({ at: head.length, length: condition.length, replacement });
  }
  for (const { 0: token, index: at } of line.matchAll(TOKEN)) {
    const replacement = /^\d+$/.test(token) ? otherNumber(Number(token)) : OTHER_TOKENS[token];
    if (replacement !== undefined) changes.push({ at, length: token.length, replacement });
  }
  return changes;
}
