import type { OptionKind } from './option-kinds.ts';
import { ConfigError } from './start-error.ts';

/** The fields of one entry of a list in the config file, all of them required. */
export type EntryFields<Entry> = { readonly [Name in keyof Entry]: OptionKind<Entry[Name]> };

/**
 * Reads a list of objects in the config file, such as `networks`.
 *
 * @param place position of the list, with which messages begin
 * @returns an empty list if it is missing
 * @throws ConfigError – it is not a list, or an entry has a missing, unknown or invalid field
 */
export function readEntries<Entry extends object>(list: unknown, place: string, fields: EntryFields<Entry>): readonly Entry[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw new ConfigError(`"${place}" in the config file must be a list`);
  return list.map((entry: unknown, index) => readEntry(entry, `${place}[${index}]`, fields));
}

function readEntry<Entry extends object>(entry: unknown, place: string, fields: EntryFields<Entry>): Entry {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) throw new ConfigError(`${place} must be an object`);
  const given = new Map<string, unknown>(Object.entries(entry));
  const names = Object.keys(fields) as (keyof Entry & string)[];
  const unknown = [...given.keys()].find((name) => !names.some((known) => known === name));
  if (unknown !== undefined) throw new ConfigError(`${place}.${unknown} is not an option; the options are ${names.join(', ')}`);
  const values = names.map((name) => {
    const value = fields[name].read(given.get(name));
    if (value === undefined) throw new ConfigError(`${place}.${name} must be ${fields[name].expected}`);
    return [name, value];
  });
  return Object.fromEntries(values) as Entry;
}
