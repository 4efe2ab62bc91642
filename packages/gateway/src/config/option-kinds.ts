import { isIP } from 'node:net';
import { AppBoundSettings, type AppSettingName, appSettingKind } from '@causeway/protocol';

/** The kind of an option's value. */
export interface OptionKind<Value> {
  /** Completes the sentence "must be …". */
  readonly expected: string;
  /**
   * @param input text from the environment, or any JSON value from the config file
   * @returns undefined if the input is not of this kind
   */
  read(input: unknown): Value | undefined;
}

export function integerFrom(min: number, max: number): OptionKind<number> {
  return {
    expected: `a whole number from ${min} to ${max}`,
    read(input) {
      const value = typeof input === 'string' && /^[0-9]{1,15}$/.test(input) ? Number(input) : input;
      return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : undefined;
    },
  };
}

export const nonNegativeNumber: OptionKind<number> = {
  expected: 'a number that is not negative',
  read: (input) => (typeof input === 'number' && Number.isFinite(input) && input >= 0 ? input : undefined),
};

/** A decimal number as text, so that prices are not rounded: `0.05`. */
export const decimal: OptionKind<string> = {
  expected: 'a number that is not negative, with at most six decimals',
  read(input) {
    const text = typeof input === 'number' ? String(input) : input;
    return typeof text === 'string' && /^[0-9]{1,9}(\.[0-9]{1,6})?$/.test(text) ? text : undefined;
  },
};

export function autoOr(kind: OptionKind<number>): OptionKind<number | 'auto'> {
  return { expected: `${kind.expected}, or auto`, read: (input) => (input === 'auto' ? input : kind.read(input)) };
}

export const ipAddress: OptionKind<string> = {
  expected: 'an IPv4 or IPv6 address',
  read: (input) => (typeof input === 'string' && isIP(input) !== 0 ? input : undefined),
};

export const ipAddressList: OptionKind<readonly string[]> = {
  expected: 'IP addresses separated by commas',
  read(input) {
    const items: unknown = typeof input === 'string' ? input.split(',').map((item) => item.trim()) : input;
    if (!Array.isArray(items) || items.length === 0) return undefined;
    return items.every((item) => ipAddress.read(item) !== undefined) ? items : undefined;
  },
};

export const boolean: OptionKind<boolean> = {
  expected: 'true or false',
  read(input) {
    if (typeof input === 'boolean') return input;
    return input === 'true' ? true : input === 'false' ? false : undefined;
  },
};

export function oneOf<Value extends string>(values: readonly Value[]): OptionKind<Value> {
  return { expected: `one of ${values.join(', ')}`, read: (input) => values.find((value) => value === input) };
}

export function textMatching(pattern: RegExp, expected: string): OptionKind<string> {
  return { expected, read: (input) => (typeof input === 'string' && pattern.test(input) ? input : undefined) };
}

/** Returns the kind of an app setting, both in the app's config entry and as the option that sets it for all apps. */
export function appSettingKindOf(name: AppSettingName): OptionKind<number> | OptionKind<boolean> {
  const kind = appSettingKind(name);
  return kind.type === 'boolean' ? boolean : integerFrom(kind.min, kind.max);
}

/** Limits of an app on one node, with the same kinds for one app and for all apps. */
export const APP_BOUND_KINDS = Object.fromEntries(
  Object.keys(AppBoundSettings.shape).map((name) => [name, appSettingKindOf(name as keyof AppBoundSettings)]),
) as { readonly [Name in keyof AppBoundSettings]-?: OptionKind<number> };
