/** @returns the day of a moment, `YYYY-MM-DD`, UTC */
export function usageDayOf(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 'YYYY-MM-DD'.length);
}
