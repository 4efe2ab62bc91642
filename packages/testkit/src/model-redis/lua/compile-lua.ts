/**
 * Runs the subset of Lua 5.1 that the scripts of this project use, without function definitions and metatables. Anything else is refused at
 * compile time. The contract suites and `model-redis.test.ts` run the same scripts in Redis for comparison.
 */
import { readLuaExpression, type Scope, spread } from './lua-expressions.ts';
import { LuaReader } from './lua-reader.ts';
import { isTrue, LuaError, type LuaTable, type LuaValue, operand } from './lua-values.ts';

/** Returned by a statement that ends its block. */
type Outcome = readonly LuaValue[] | typeof BROKEN | undefined;
type Statement = (locals: LuaValue[]) => Outcome;

const BROKEN = Symbol('break');

/** @returns a function that runs the script with the given globals and returns its values */
export function compileLua(source: string): (globals: LuaTable) => readonly LuaValue[] {
  const reader = new LuaReader(source);
  const slots = { count: 0 };
  const body = readBlock(reader, { names: new Map(), slots }, ['the end']);
  return (globals) => {
    const locals: LuaValue[] = new Array(slots.count + 1);
    locals[0] = globals;
    const outcome = body(locals);
    return Array.isArray(outcome) ? outcome : [];
  };
}

function readBlock(reader: LuaReader, outer: Scope, ends: readonly string[]): Statement {
  const scope: Scope = { ...outer, names: new Map(outer.names) };
  const statements: Statement[] = [];
  while (!ends.includes(reader.next.text)) {
    statements.push(readStatement(reader, scope));
    reader.takeIf(';');
  }
  return (locals) => {
    for (const statement of statements) {
      const outcome = statement(locals);
      if (outcome !== undefined) return outcome;
    }
    return undefined;
  };
}

function readStatement(reader: LuaReader, scope: Scope): Statement {
  if (reader.takeIf('local')) return readLocal(reader, scope);
  if (reader.takeIf('if')) return readIf(reader, scope);
  if (reader.takeIf('for')) return readFor(reader, scope);
  if (reader.takeIf('return')) return readReturn(reader, scope);
  if (reader.takeIf('break')) return () => BROKEN;
  return readAssignmentOrCall(reader, scope);
}

function readLocal(reader: LuaReader, scope: Scope): Statement {
  const names = reader.names();
  const values = reader.takeIf('=') ? readList(reader, scope) : () => [];
  const places = names.map((name) => declare(scope, name));
  return (locals) => {
    const given = values(locals);
    for (const [index, place] of places.entries()) locals[place] = given[index];
    return undefined;
  };
}

function readIf(reader: LuaReader, scope: Scope): Statement {
  const branches: { readonly condition: (locals: LuaValue[]) => LuaValue; readonly body: Statement }[] = [];
  let otherwise: Statement = () => undefined;
  do {
    const condition = readLuaExpression(reader, scope);
    reader.take('then');
    branches.push({ condition: (locals) => condition(locals)[0], body: readBlock(reader, scope, ['elseif', 'else', 'end']) });
  } while (reader.takeIf('elseif'));
  if (reader.takeIf('else')) otherwise = readBlock(reader, scope, ['end']);
  reader.take('end');
  return (locals) => (branches.find(({ condition }) => isTrue(condition(locals)))?.body ?? otherwise)(locals);
}

function readFor(reader: LuaReader, outer: Scope): Statement {
  const names = reader.names();
  const isNumeric = reader.next.text === '=';
  reader.take(isNumeric ? '=' : 'in');
  const range = readList(reader, outer);
  reader.take('do');
  const scope: Scope = { ...outer, names: new Map(outer.names) };
  const places = names.map((name) => declare(scope, name));
  const body = readBlock(reader, scope, ['end']);
  reader.take('end');
  return isNumeric ? countingLoop(places[0] ?? 0, range, body) : iteratingLoop(places, range, body);
}

function countingLoop(place: number, range: (locals: LuaValue[]) => readonly LuaValue[], body: Statement): Statement {
  return (locals) => {
    const [first, last, step = 1] = range(locals).map(operand) as [number, number, number?];
    for (let value = first; step > 0 ? value <= last : value >= last; value += step) {
      locals[place] = value;
      const outcome = body(locals);
      if (outcome === BROKEN) return undefined;
      if (outcome !== undefined) return outcome;
    }
    return undefined;
  };
}

function iteratingLoop(places: readonly number[], range: (locals: LuaValue[]) => readonly LuaValue[], body: Statement): Statement {
  return (locals) => {
    const [next, state, first] = range(locals);
    if (typeof next !== 'function') throw new LuaError('attempt to call what is no function');
    for (let given = next([state, first]); given[0] !== undefined; given = next([state, given[0]])) {
      for (const [index, place] of places.entries()) locals[place] = given[index];
      const outcome = body(locals);
      if (outcome === BROKEN) return undefined;
      if (outcome !== undefined) return outcome;
    }
    return undefined;
  };
}

function readReturn(reader: LuaReader, scope: Scope): Statement {
  return ['end', 'else', 'elseif', 'the end', ';'].includes(reader.next.text) ? () => [] : readList(reader, scope);
}

function readAssignmentOrCall(reader: LuaReader, scope: Scope): Statement {
  const { line } = reader.next;
  const target = readLuaExpression(reader, scope);
  if (!reader.takeIf('=')) {
    if (!target.isCall) throw new Error(`line ${line}: this is no statement`);
    return (locals) => void target(locals);
  }
  const { assign } = target;
  if (assign === undefined) throw new Error(`line ${line}: nothing can be assigned to this`);
  const value = readLuaExpression(reader, scope);
  return (locals) => assign(locals, value(locals)[0]);
}

/** Reads a list of values, the last of which may be a call with several results. */
function readList(reader: LuaReader, scope: Scope): (locals: LuaValue[]) => readonly LuaValue[] {
  const values = [readLuaExpression(reader, scope)];
  while (reader.takeIf(',')) values.push(readLuaExpression(reader, scope));
  return spread(values);
}

function declare(scope: Scope, name: string): number {
  const place = ++scope.slots.count;
  scope.names.set(name, place);
  return place;
}
