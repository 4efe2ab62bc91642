/** The values of Lua. nil is `undefined`, and every number is a double, as in Redis's Lua 5.1. */

export type LuaValue = undefined | boolean | number | string | LuaTable | LuaFunction;
export type LuaFunction = (args: readonly LuaValue[]) => readonly LuaValue[];

/** A runtime error with Lua's message. */
export class LuaError extends Error {
  override readonly name = 'LuaError';
}

export class LuaTable {
  /** The values of the keys 1, 2, 3 and so on. */
  readonly #list: LuaValue[] = [];
  /** Most tables are lists and need none. */
  #others: Map<string | number | boolean, LuaValue> | undefined = undefined;

  static of(values: readonly LuaValue[]): LuaTable {
    const table = new LuaTable();
    const hole = values.indexOf(undefined);
    const list = hole === -1 ? values : values.slice(0, hole);
    for (const value of list) table.#list.push(value);
    for (let index = list.length; index < values.length; index++) table.set(index + 1, values[index]);
    return table;
  }

  static withFields(fields: Readonly<Record<string, LuaValue>>): LuaTable {
    const table = new LuaTable();
    for (const [name, value] of Object.entries(fields)) table.set(name, value);
    return table;
  }

  /** The number of values before the first nil. */
  get length(): number {
    return this.#list.length;
  }

  /** The values of 1, 2, 3 and so on. */
  get list(): readonly LuaValue[] {
    return this.#list;
  }

  get(key: LuaValue): LuaValue {
    if (typeof key === 'number' && key >= 1 && key <= this.#list.length) return this.#list[key - 1];
    return typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean' ? this.#others?.get(key) : undefined;
  }

  set(key: LuaValue, value: LuaValue): void {
    if (typeof key === 'number' && value !== undefined) {
      if (key >= 1 && key <= this.#list.length) {
        this.#list[key - 1] = value;
        return;
      }
      if (key === this.#list.length + 1) {
        this.#list.push(value);
        this.#takeInWhatFollows();
        return;
      }
    }
    if (typeof key === 'number' && key >= 1 && key <= this.#list.length) {
      // The values after a removed one are no longer part of the list.
      for (const [index, moved] of this.#list.splice(key - 1).entries()) if (index > 0) this.#put(key + index, moved);
      return;
    }
    if (typeof key !== 'string' && typeof key !== 'number' && typeof key !== 'boolean') throw new LuaError('table index is nil');
    if (value === undefined) this.#others?.delete(key);
    else this.#put(key, value);
  }

  #put(key: string | number | boolean, value: LuaValue): void {
    this.#others ??= new Map();
    this.#others.set(key, value);
  }

  #takeInWhatFollows(): void {
    const others = this.#others;
    if (others === undefined) return;
    for (let next = others.get(this.#list.length + 1); next !== undefined; next = others.get(this.#list.length + 1)) {
      others.delete(this.#list.length + 1);
      this.#list.push(next);
    }
  }
}

export function isTrue(value: LuaValue): boolean {
  return value !== undefined && value !== false;
}

export function typeName(value: LuaValue): string {
  if (value === undefined) return 'nil';
  return value instanceof LuaTable ? 'table' : typeof value;
}

/** @returns undefined for anything but a number or a numeric string */
export function toNumber(value: LuaValue): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^\s*[+-]?(?:0x[0-9a-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*$/i.test(value)) return undefined;
  return Number(value);
}

/** Converts an operand of arithmetic, where numeric strings count as numbers. */
export function operand(value: LuaValue): number {
  const number = toNumber(value);
  if (number === undefined) throw new LuaError(`attempt to perform arithmetic on a ${typeName(value)} value`);
  return number;
}

/** Formats a number like `..` and `tostring`, with `%.14g`. */
export function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e14) return String(value);
  const [digits = '', exponent = '0'] = value.toExponential(13).split('e');
  const power = Number(exponent);
  if (power >= -5 && power < 14) return String(Number(value.toPrecision(14)));
  const mantissa = digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}
