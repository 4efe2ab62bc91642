import type { LuaReader } from './lua-reader.ts';
import { isTrue, LuaError, LuaTable, type LuaValue, numberText, operand, typeName } from './lua-values.ts';

/** The names of local variables and their slots; slot 0 holds the globals. */
export interface Scope {
  readonly names: Map<string, number>;
  /** The number of slots that the script needs. */
  readonly slots: { count: number };
}

export interface Expression {
  /** @returns one value, or all results of a call */
  (locals: LuaValue[]): readonly LuaValue[];
  readonly isCall?: boolean;
  /** Returns the value without a list, for expressions that always have one value. */
  readonly one?: Single;
  /** Assigns a value, if the expression is assignable. */
  readonly assign?: (locals: LuaValue[], value: LuaValue) => undefined;
}

type Single = (locals: LuaValue[]) => LuaValue;

/** Operators by precedence, lowest first. */
const PRECEDENCE: readonly (readonly string[])[] = [
  ['or'],
  ['and'],
  ['<', '>', '<=', '>=', '~=', '=='],
  ['..'],
  ['+', '-'],
  ['*', '/', '%'],
];

/** @throws Error – the expression is invalid or not supported */
export function readLuaExpression(reader: LuaReader, scope: Scope, level = 0): Expression {
  const operators = PRECEDENCE[level];
  if (operators === undefined) return readUnary(reader, scope);
  let left = readLuaExpression(reader, scope, level + 1);
  while (operators.includes(reader.next.text) && reader.next.type !== 'string') {
    const operator = reader.takeAny().text;
    // `..` is right-associative.
    const right = readLuaExpression(reader, scope, operator === '..' ? level : level + 1);
    left = single(binary(operator, first(left), first(right)));
  }
  return left;
}

function readUnary(reader: LuaReader, scope: Scope): Expression {
  if (reader.takeIf('not')) {
    const of = first(readUnary(reader, scope));
    return single((locals) => !isTrue(of(locals)));
  }
  if (reader.takeIf('-')) {
    const of = first(readUnary(reader, scope));
    return single((locals) => -operand(of(locals)));
  }
  if (reader.takeIf('#')) {
    const of = first(readUnary(reader, scope));
    return single((locals) => lengthOf(of(locals)));
  }
  return readSuffixes(reader, scope, readPrimary(reader, scope));
}

function readPrimary(reader: LuaReader, scope: Scope): Expression {
  if (reader.takeIf('(')) {
    const inner = first(readLuaExpression(reader, scope));
    reader.take(')');
    return single(inner);
  }
  if (reader.takeIf('{')) return readTable(reader, scope);
  if (reader.takeIf('nil')) return single(() => undefined);
  if (reader.takeIf('true')) return single(() => true);
  if (reader.takeIf('false')) return single(() => false);
  const { type, text } = reader.next;
  if (type === 'string' || type === 'number') {
    const value = type === 'number' ? Number(text) : text;
    reader.takeAny();
    return single(() => value);
  }
  return readName(reader, scope);
}

function readName(reader: LuaReader, scope: Scope): Expression {
  const name = reader.name();
  const place = scope.names.get(name);
  if (place === undefined) return single((locals) => (locals[0] as LuaTable).get(name));
  const assign = (locals: LuaValue[], value: LuaValue): undefined => {
    locals[place] = value;
  };
  return Object.assign(
    single((locals) => locals[place]),
    { assign },
  );
}

function readSuffixes(reader: LuaReader, scope: Scope, start: Expression): Expression {
  let expression = start;
  for (;;) {
    if (reader.takeIf('.')) {
      const name = reader.name();
      expression = indexed(first(expression), () => name);
    } else if (reader.takeIf('[')) {
      const key = first(readLuaExpression(reader, scope));
      reader.take(']');
      expression = indexed(first(expression), key);
    } else if (reader.takeIf('(')) expression = called(first(expression), readArguments(reader, scope));
    else return expression;
  }
}

function readArguments(reader: LuaReader, scope: Scope): readonly Expression[] {
  const given: Expression[] = [];
  while (!reader.takeIf(')')) {
    given.push(readLuaExpression(reader, scope));
    if (!reader.takeIf(',') && reader.next.text !== ')') throw reader.unexpected('"," or ")"');
  }
  return given;
}

function readTable(reader: LuaReader, scope: Scope): Expression {
  const values: Expression[] = [];
  while (!reader.takeIf('}')) {
    values.push(readLuaExpression(reader, scope));
    if (!reader.takeIf(',') && reader.next.text !== '}') throw reader.unexpected('"," or "}"');
  }
  const list = spread(values);
  return single((locals) => LuaTable.of(list(locals)));
}

function indexed(of: Single, key: Single): Expression {
  const tableOf = (locals: LuaValue[]): LuaTable => {
    const table = of(locals);
    if (!(table instanceof LuaTable)) throw new LuaError(`attempt to index a ${typeName(table)} value`);
    return table;
  };
  const assign = (locals: LuaValue[], value: LuaValue): undefined => {
    tableOf(locals).set(key(locals), value);
  };
  return Object.assign(
    single((locals) => tableOf(locals).get(key(locals))),
    { assign },
  );
}

function called(of: Single, given: readonly Expression[]): Expression {
  const list = spread(given);
  const call = (locals: LuaValue[]): readonly LuaValue[] => {
    const callee = of(locals);
    if (typeof callee !== 'function') throw new LuaError(`attempt to call a ${typeName(callee)} value`);
    return callee(list(locals));
  };
  return Object.assign(call, { isCall: true });
}

/** Evaluates several expressions, the last of which may be a call with several results. */
export function spread(values: readonly Expression[]): (locals: LuaValue[]) => readonly LuaValue[] {
  const last = values.at(-1);
  const singles = (last?.one === undefined ? values.slice(0, -1) : values).map(first);
  const rest = last?.one === undefined ? last : undefined;
  return (locals) => {
    const given: LuaValue[] = [];
    for (const value of singles) given.push(value(locals));
    if (rest !== undefined) given.push(...rest(locals));
    return given;
  };
}

function binary(operator: string, left: Single, right: Single): Single {
  switch (operator) {
    case 'or':
      return (locals) => {
        const value = left(locals);
        return isTrue(value) ? value : right(locals);
      };
    case 'and':
      return (locals) => {
        const value = left(locals);
        return isTrue(value) ? right(locals) : value;
      };
    case '==':
      return (locals) => left(locals) === right(locals);
    case '~=':
      return (locals) => left(locals) !== right(locals);
    case '..':
      return (locals) => pieceOf(left(locals)) + pieceOf(right(locals));
    case '<':
    case '>':
    case '<=':
    case '>=':
      return (locals) => isInOrder(operator, left(locals), right(locals));
    default:
      return (locals) => computed(operator, operand(left(locals)), operand(right(locals)));
  }
}

function computed(operator: string, left: number, right: number): number {
  if (operator === '+') return left + right;
  if (operator === '-') return left - right;
  if (operator === '*') return left * right;
  return operator === '/' ? left / right : left - Math.floor(left / right) * right;
}

/** Compares numbers with numbers or strings with strings. Unlike arithmetic, comparison does not convert strings. */
function isInOrder(operator: '<' | '>' | '<=' | '>=', left: LuaValue, right: LuaValue): boolean {
  const areAlike = typeof left === typeof right && (typeof left === 'number' || typeof left === 'string');
  if (!areAlike) throw new LuaError(`attempt to compare ${typeName(left)} with ${typeName(right)}`);
  const [one, other] = [left, right] as [number, number];
  if (operator === '<') return one < other;
  if (operator === '>') return one > other;
  return operator === '<=' ? one <= other : one >= other;
}

function pieceOf(value: LuaValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(value);
  throw new LuaError(`attempt to concatenate a ${typeName(value)} value`);
}

function lengthOf(value: LuaValue): number {
  // The length of a string in bytes is not supported, since no script uses it.
  if (value instanceof LuaTable) return value.length;
  throw new LuaError(`attempt to get length of a ${typeName(value)} value`);
}

function single(value: Single): Expression {
  return Object.assign((locals: LuaValue[]): readonly LuaValue[] => [value(locals)], { one: value });
}

function first(expression: Expression): Single {
  return expression.one ?? ((locals) => expression(locals)[0]);
}
