/** Prepares five minutes of a session's quality for charts and a table. */
import type { QualitySample, TrackKind } from '@causeway/protocol';

/** The time span that the page shows, which is the same as the node keeps. */
export const QUALITY_SPAN_SECONDS = 300;

const MS_PER_SECOND = 1_000;
const KILO = 1_000;
const MEGA = 1_000_000;

/** A track of the session, by the media line and direction in which it goes. */
export interface QualityTrack {
  readonly direction: 'from client' | 'to client';
  readonly mid: string;
  readonly trackKind: TrackKind;
}

/** The figures of one sample. Unknown ones are null, as charts expect. */
export interface QualityRow {
  readonly at: string;
  readonly atSeconds: number;
  readonly rttMs: number | null;
  readonly estimatedBps: number | null;
  readonly toClientBps: number | null;
  readonly fromClientBps: number | null;
  /** Share of packets lost, 0 to 1; for several tracks, the highest. */
  readonly toClientLoss: number | null;
  readonly fromClientLoss: number | null;
  /** The layer of the track if only one is shown; empty for a track without layers. */
  readonly rid: string | null;
}

/** Adds samples in the order of their times, each once, and forgets those that are older than the span before the newest. */
export function addSamples(known: readonly QualitySample[], more: readonly QualitySample[]): readonly QualitySample[] {
  const byTime = new Map([...known, ...more].map((sample) => [sample.at, sample]));
  const sorted = [...byTime.values()].toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
  const newest = sorted.at(-1);
  if (newest === undefined) return [];
  const since = Date.parse(newest.at) - QUALITY_SPAN_SECONDS * MS_PER_SECOND;
  return sorted.filter(({ at }) => Date.parse(at) >= since);
}

/** Lists the tracks of the newest sample. */
export function tracksOf(samples: readonly QualitySample[]): readonly QualityTrack[] {
  const { publications = [], subscriptions = [] } = samples.at(-1) ?? {};
  return [
    ...publications.map(({ mid, trackKind }) => ({ direction: 'from client' as const, mid, trackKind })),
    ...subscriptions.map(({ mid, trackKind }) => ({ direction: 'to client' as const, mid, trackKind })),
  ];
}

/** Returns the name of a track for lists. */
export function trackName({ direction, mid, trackKind }: QualityTrack): string {
  return `Line ${mid}: ${trackKind} ${direction === 'from client' ? 'from the client' : 'to the client'}`;
}

/** @param track undefined for all of them together */
export function rowsOf(samples: readonly QualitySample[], track: QualityTrack | undefined): readonly QualityRow[] {
  return samples.map((sample) => {
    const isShown =
      (direction: QualityTrack['direction']) =>
      ({ mid }: { readonly mid: string }): boolean =>
        track === undefined || (track.direction === direction && track.mid === mid);
    const published = sample.publications.filter(isShown('from client'));
    const subscribed = sample.subscriptions.filter(isShown('to client'));
    return {
      at: sample.at,
      atSeconds: Date.parse(sample.at) / MS_PER_SECOND,
      rttMs: sample.rttMs ?? null,
      estimatedBps: sample.estimatedBps ?? null,
      toClientBps: sumOf(subscribed),
      fromClientBps: sumOf(published),
      toClientLoss: worstOf(subscribed),
      fromClientLoss: worstOf(published),
      rid: track === undefined ? null : (subscribed[0]?.rid ?? null),
    };
  });
}

/** Formats a rate for people: `1.24 Mbit/s`. */
export function rateText(bitrateBps: number | null): string {
  if (bitrateBps === null) return '–';
  if (bitrateBps >= MEGA) return `${(bitrateBps / MEGA).toFixed(2)} Mbit/s`;
  return `${Math.round(bitrateBps / KILO)} kbit/s`;
}

/** `2.5%`. */
export function lossText(ratio: number | null): string {
  return ratio === null ? '–' : `${(ratio * 100).toFixed(1)}%`;
}

export function roundTripText(rttMs: number | null): string {
  return rttMs === null ? '–' : `${Math.round(rttMs)} ms`;
}

/** @returns null without tracks */
function sumOf(tracks: readonly { readonly bitrateBps: number }[]): number | null {
  return tracks.length === 0 ? null : tracks.reduce((sum, { bitrateBps }) => sum + bitrateBps, 0);
}

function worstOf(tracks: readonly { readonly lossRatio?: number | undefined }[]): number | null {
  const known = tracks.flatMap(({ lossRatio }) => lossRatio ?? []);
  return known.length === 0 ? null : Math.max(...known);
}
