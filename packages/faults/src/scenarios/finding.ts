/** One thing that a scenario had to show, and what was seen. */
export interface Finding {
  readonly what: string;
  readonly seen: string;
  readonly wanted: string;
  readonly isMet: boolean;
}

/** @param unit is appended to the number, such as " ms" */
export function atMost(what: string, seen: number, limit: number, unit: string = ''): Finding {
  return { what, seen: withUnit(seen, unit), wanted: `at most ${rounded(limit)}${unit}`, isMet: seen <= limit };
}

export function atLeast(what: string, seen: number, limit: number, unit: string = ''): Finding {
  return { what, seen: withUnit(seen, unit), wanted: `at least ${rounded(limit)}${unit}`, isMet: seen >= limit };
}

export function exactly(what: string, seen: number | string, wanted: number | string): Finding {
  return { what, seen: String(seen), wanted: String(wanted), isMet: seen === wanted };
}

function withUnit(value: number, unit: string): string {
  return Number.isFinite(value) ? `${rounded(value)}${unit}` : 'never';
}

/** Writes a number with at most three decimals, and with none where they mean nothing. */
function rounded(value: number): string {
  return String(Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 1000) / 1000);
}
