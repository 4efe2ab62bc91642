/** The bytes of media that a page has received, second by second, for a chart and the table beside it. */

/** One reading of the browser's counters. */
export interface ByteReading {
  /** Seconds since 1970. */
  readonly atSeconds: number;
  /** Counted since the connection began. */
  readonly totalBytes: number;
}

/** The number of readings that a chart keeps, for five minutes. */
export const MAX_READINGS = 300;

/** Adds up what has been received on all lines of a peer connection. */
export function receivedBytes(report: Iterable<readonly [string, { readonly type: string; readonly bytesReceived?: number }]>): number {
  let totalBytes = 0;
  for (const [, entry] of report) if (entry.type === 'inbound-rtp') totalBytes += entry.bytesReceived ?? 0;
  return totalBytes;
}

/** Appends a reading and drops the oldest beyond `MAX_READINGS`. */
export function addReading(readings: readonly ByteReading[], next: ByteReading): readonly ByteReading[] {
  return [...readings, next].slice(-MAX_READINGS);
}

/** Formats a size for people: `1.4 MB`. */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toPrecision(3)} ${units[power]}`;
}
