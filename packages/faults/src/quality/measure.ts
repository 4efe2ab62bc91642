/** A figure of a call with its bound, as the command prints it. */
export interface Measure {
  readonly what: string;
  readonly value: number;
  /** The unit; empty for a count. */
  readonly unit: 'ms' | 'fps' | 'kbit/s' | '%' | 'lines' | '';
  /** The bound; undefined for a figure that is only printed. */
  readonly bound?: { readonly atLeast: number } | { readonly atMost: number };
}

export function keepsBound({ value, bound }: Measure): boolean {
  if (bound === undefined) return true;
  return 'atLeast' in bound ? value >= bound.atLeast : value <= bound.atMost;
}

export function describe({ value, unit, bound }: Measure): string {
  const digits = unit === '%' || unit === 'fps' ? 1 : 0;
  const wanted = bound === undefined ? '' : 'atLeast' in bound ? ` (at least ${bound.atLeast})` : ` (at most ${bound.atMost})`;
  return `${value.toFixed(digits).padStart(8)}${unit === 'lines' || unit === '' ? '' : ` ${unit}`}${wanted}`;
}
