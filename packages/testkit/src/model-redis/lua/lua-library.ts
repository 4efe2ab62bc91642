/** The functions of Lua 5.1 that the scripts of this project call. */
import { isTrue, LuaError, type LuaFunction, LuaTable, type LuaValue, numberText, operand, toNumber, typeName } from './lua-values.ts';

export function createLuaLibrary(): Readonly<Record<string, LuaValue>> {
  return {
    tonumber: ([value]) => [toNumber(value)],
    tostring: ([value]) => [textOf(value)],
    type: ([value]) => [typeName(value)],
    ipairs,
    math: LuaTable.withFields({
      floor: ([value]) => [Math.floor(operand(value))],
      max: (values) => [Math.max(...values.map(operand))],
      min: (values) => [Math.min(...values.map(operand))],
    }),
    string: LuaTable.withFields({ format, match }),
  };
}

/** Iterates over the values of 1, 2, 3 and so on. Our scripts never change a table during iteration. */
const ipairs: LuaFunction = ([table]) => {
  if (!(table instanceof LuaTable)) throw new LuaError(`bad argument #1 to 'ipairs' (table expected, got ${typeName(table)})`);
  const next: LuaFunction = ([, last]) => {
    const index = operand(last) + 1;
    const value = table.get(index);
    return value === undefined ? [undefined] : [index, value];
  };
  return [next, table, 0];
};

const format: LuaFunction = ([pattern, ...values]) => {
  if (typeof pattern !== 'string' || /%[^d]/.test(pattern)) throw new LuaError(`string.format knows only %d here, not ${String(pattern)}`);
  let next = 0;
  return [pattern.replace(/%d/g, () => BigInt(Math.trunc(operand(values[next++]))).toString())];
};

const match: LuaFunction = ([subject, pattern]) => {
  if (typeof subject !== 'string' || typeof pattern !== 'string') throw new LuaError('string.match takes two strings');
  const found = asRegExp(pattern).exec(subject);
  return found === null ? [undefined] : found.length > 1 ? found.slice(1) : [found[0]];
};

/** Supports only the common subset of Lua patterns and regular expressions, `%d` and `%x`. */
function asRegExp(pattern: string): RegExp {
  if (/%[^dx]|[-.[\]*?\\{}|]/.test(pattern)) throw new LuaError(`the pattern ${pattern} is not read here`);
  return new RegExp(pattern.replaceAll('%d', '[0-9]').replaceAll('%x', '[0-9A-Fa-f]'), 's');
}

function textOf(value: LuaValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(value);
  if (value instanceof LuaTable || typeof value === 'function') throw new LuaError(`a ${typeName(value)} has no text here`);
  return value === undefined ? 'nil' : String(isTrue(value));
}
