/** Formats numbers for the console. An unknown figure is shown as a dash of the same height, so that nothing moves. */

export const UNKNOWN = '–';

export interface Readout {
  readonly figure: string;
  readonly unit: string;
}

export function bitrateReadout(bitrateBps: number | undefined): Readout {
  if (bitrateBps === undefined) return { figure: UNKNOWN, unit: 'kbit/s' };
  if (bitrateBps < 999_500) return { figure: Math.round(bitrateBps / 1000).toString(), unit: 'kbit/s' };
  return { figure: (bitrateBps / 1_000_000).toFixed(2), unit: 'Mbit/s' };
}

export function pictureReadout(widthPixels: number | undefined, heightPixels: number | undefined): Readout {
  const isKnown = widthPixels !== undefined && heightPixels !== undefined;
  return { figure: isKnown ? `${widthPixels}×${heightPixels}` : UNKNOWN, unit: '' };
}

export function frameRateReadout(framesPerSecond: number | undefined): Readout {
  return { figure: framesPerSecond === undefined ? UNKNOWN : framesPerSecond.toFixed(0), unit: 'fps' };
}

export function lossReadout(lossRatio: number | undefined): Readout {
  return { figure: lossRatio === undefined ? UNKNOWN : (lossRatio * 100).toFixed(1), unit: '%' };
}

export function durationReadout(durationMs: number | undefined): Readout {
  if (durationMs === undefined) return { figure: UNKNOWN, unit: 'ms' };
  return { figure: durationMs < 9.95 ? durationMs.toFixed(1) : Math.round(durationMs).toString(), unit: 'ms' };
}

/** `session-101-fc756623-3be4-…` -> `fc756623`; any other id is cut to its first 8 characters. */
export function shortId(sessionId: string): string {
  return /^session-\d+-([0-9a-f]{8})-/.exec(sessionId)?.[1] ?? sessionId.slice(0, 8);
}
