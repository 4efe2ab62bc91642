/**
 * The last five minutes of one peer, sampled every few seconds from counters that exist anyway. Nothing is done for packets. Peers that
 * neither publish nor subscribe have no history: their report rounds, in which samples are taken, sleep.
 */
import type { PathEstimate } from '../statistics.ts';

/** Time between two samples. */
export const SAMPLE_INTERVAL_MS = 5_000;
/** How long samples are kept. */
export const QUALITY_KEPT_MS = 300_000;

/** A publication of the peer. */
export interface SampledPublication {
  readonly plan: { readonly trackId: string };
  readonly bytesReceived: number;
  readonly streams: readonly { readonly statistics: { readonly packetsReceived: number; readonly packetsLost: number } }[];
}

/** A subscription of the peer. */
export interface SampledSubscription {
  readonly plan: { readonly subscriptionId: string };
  readonly payloadBytesSent: number;
  readonly bytesResent: number;
  readonly layer: { readonly rid: string } | undefined;
  readonly lastReport: { readonly extendedHighestSeq: number; readonly cumulativeLost: number } | undefined;
}

/** The peer whose counters are read. */
export interface SampledPeer {
  readonly hasMeasuredRtt: boolean;
  readonly rttMs: number;
  readonly sender: { readonly estimate: PathEstimate | undefined };
  readonly receive: { readonly tracks: Iterable<SampledPublication> };
  readonly subscriptions: ReadonlyMap<number, SampledSubscription>;
}

/** A track in a sample. */
export interface SampledTrackQuality extends TrackQuality {
  /** Id of the publication or of the subscription. */
  readonly id: string;
}

/** One sample of a peer. */
export interface QualitySample {
  /** When it was taken, in milliseconds since 1970. */
  readonly atMs: number;
  /** Undefined until it has been measured. */
  readonly rttMs: number | undefined;
  /** Capacity of the path to the peer; undefined without feedback. */
  readonly estimatedBps: number | undefined;
  readonly publications: readonly SampledTrackQuality[];
  readonly subscriptions: readonly SampledTrackQuality[];
}

const KEPT_SAMPLES = QUALITY_KEPT_MS / SAMPLE_INTERVAL_MS;
const COLUMNS = 3;
/** No round trip and no estimate is this large. */
const UNKNOWN = 0xffff_ffff;
/** In this unit, 32 bits last for more than a year. */
const TIME_UNIT_MS = 10;

export class QualityHistory {
  /** Time since the history began in `TIME_UNIT_MS`, round trip in ms and estimate in bit/s of each sample. */
  readonly #cells = new Uint32Array(KEPT_SAMPLES * COLUMNS);
  readonly #beganMs: number;
  readonly #publications = new Map<SampledPublication, SampledTrack>();
  readonly #subscriptions = new Map<SampledSubscription, SampledTrack>();
  #takenMs: number;
  /** Number of the newest sample; 0 is the beginning, at which the counters were read for the first time. */
  #newestNo = 0;

  constructor(nowMs: number, peer: SampledPeer) {
    this.#beganMs = nowMs;
    this.#takenMs = nowMs;
    this.#meetTracks(peer);
  }

  /** Takes a sample if one is due. Called about once a second. */
  note(nowMs: number, peer: SampledPeer): void {
    const elapsedMs = nowMs - this.#takenMs;
    if (elapsedMs < SAMPLE_INTERVAL_MS) return;
    this.#takenMs = nowMs;
    const sampleNo = ++this.#newestNo;
    const cell = (sampleNo % KEPT_SAMPLES) * COLUMNS;
    const { estimate } = peer.sender;
    this.#cells[cell] = Math.round((nowMs - this.#beganMs) / TIME_UNIT_MS);
    this.#cells[cell + 1] = peer.hasMeasuredRtt ? Math.round(peer.rttMs) : UNKNOWN;
    this.#cells[cell + 2] = estimate === undefined ? UNKNOWN : Math.min(UNKNOWN - 1, Math.round(estimate.targetBps));
    for (const [track, samples] of this.#publications) samples.add(sampleNo, elapsedMs, countersOfPublication(track));
    for (const [track, samples] of this.#subscriptions) samples.add(sampleNo, elapsedMs, countersOfSubscription(track));
    this.#meetTracks(peer);
  }

  /**
   * Returns the samples of the last five minutes, oldest first, with the tracks that the peer still has.
   *
   * @param wallClockOffsetMs what to add to the time of the engine for milliseconds since 1970
   */
  read(nowMs: number, wallClockOffsetMs: number): QualitySample[] {
    const samples: QualitySample[] = [];
    for (let sampleNo = Math.max(1, this.#newestNo - KEPT_SAMPLES + 1); sampleNo <= this.#newestNo; sampleNo++) {
      const sample = this.#sample(sampleNo, wallClockOffsetMs);
      if (nowMs + wallClockOffsetMs - sample.atMs <= QUALITY_KEPT_MS) samples.push(sample);
    }
    return samples;
  }

  /** Returns the newest sample. @returns undefined before the first */
  newest(wallClockOffsetMs: number): QualitySample | undefined {
    return this.#newestNo === 0 ? undefined : this.#sample(this.#newestNo, wallClockOffsetMs);
  }

  #sample(sampleNo: number, wallClockOffsetMs: number): QualitySample {
    const cell = (sampleNo % KEPT_SAMPLES) * COLUMNS;
    const [sinceBegan = 0, rttMs = UNKNOWN, estimatedBps = UNKNOWN] = this.#cells.subarray(cell, cell + COLUMNS);
    return {
      atMs: Math.round(this.#beganMs + sinceBegan * TIME_UNIT_MS + wallClockOffsetMs),
      rttMs: rttMs === UNKNOWN ? undefined : rttMs,
      estimatedBps: estimatedBps === UNKNOWN ? undefined : estimatedBps,
      publications: readTracks(this.#publications, ({ plan }) => plan.trackId, sampleNo),
      subscriptions: readTracks(this.#subscriptions, ({ plan }) => plan.subscriptionId, sampleNo),
    };
  }

  /** Forgets tracks that have ended and reads the counters of new ones, whose first sample is the next one. */
  #meetTracks({ receive, subscriptions }: SampledPeer): void {
    replaceTracks(this.#publications, new Set(receive.tracks), this.#newestNo, countersOfPublication);
    replaceTracks(this.#subscriptions, new Set(subscriptions.values()), this.#newestNo, countersOfSubscription);
  }
}

function replaceTracks<Track>(
  known: Map<Track, SampledTrack>,
  present: ReadonlySet<Track>,
  sampleNo: number,
  countersOf: (track: Track) => TrackCounters,
): void {
  for (const track of known.keys()) if (!present.has(track)) known.delete(track);
  for (const track of present) if (!known.has(track)) known.set(track, new SampledTrack(sampleNo, KEPT_SAMPLES, countersOf(track)));
}

function readTracks<Track>(
  tracks: ReadonlyMap<Track, SampledTrack>,
  idOf: (track: Track) => string,
  sampleNo: number,
): SampledTrackQuality[] {
  const read: SampledTrackQuality[] = [];
  for (const [track, samples] of tracks) {
    const quality = samples.read(sampleNo);
    if (quality !== undefined) read.push({ id: idOf(track), ...quality });
  }
  return read;
}

function countersOfPublication({ bytesReceived, streams }: SampledPublication): TrackCounters {
  let packetsExpected = 0;
  let packetsLost = 0;
  for (const { statistics } of streams) {
    packetsExpected += statistics.packetsReceived + statistics.packetsLost;
    packetsLost += statistics.packetsLost;
  }
  return { bytes: bytesReceived, packetsExpected, packetsLost, rid: undefined };
}

function countersOfSubscription({ payloadBytesSent, bytesResent, layer, lastReport }: SampledSubscription): TrackCounters {
  return {
    bytes: payloadBytesSent + bytesResent,
    packetsExpected: lastReport?.extendedHighestSeq,
    packetsLost: lastReport?.cumulativeLost ?? 0,
    rid: layer?.rid,
  };
}

/** Counters of a track, which may also fall: a stream may be replaced, and packets may be dropped after they were counted. */
interface TrackCounters {
  readonly bytes: number;
  /** Packets that the receiving side knows to have been sent; undefined as long as it has reported nothing. */
  readonly packetsExpected: number | undefined;
  readonly packetsLost: number;
  /** The layer that is forwarded; undefined while none is, and for a publication. */
  readonly rid: string | undefined;
}

/** What a track did in one interval. */
interface TrackQuality {
  readonly bitrateBps: number;
  /** Share of packets that did not arrive at the first try, 0 to 1; undefined if nothing is known about the interval. */
  readonly lossRatio: number | undefined;
  readonly rid: string | undefined;
}

const SAMPLE_COLUMNS = 3;
const KILO = 1_000;
const MAX_CELL = 0xffff;
/** Losses are kept in ten-thousandths; no share is this large. */
const UNKNOWN_LOSS = MAX_CELL;
const WHOLE = 10_000;
/** Cell of a sample without a layer; others hold the index of the layer's name plus one. */
const NO_LAYER = 0;
/** A subscriber may move between any number of tracks, each with names of its own. Layers beyond this are not named. */
const MAX_NAMES = 64;

/** Cells of 16 bits, since a node may have tens of thousands of tracks: a sample takes six bytes. */
class SampledTrack {
  /** Number of the first sample that it is part of. */
  readonly firstNo: number;
  readonly #cells: Uint16Array;
  readonly #keptSamples: number;
  readonly #names: string[] = [];
  #before: TrackCounters;
  /** Number of the latest sample; a track that is not part of the newest one has ended. */
  lastNo: number;

  /** @param counters at the time of sample `sampleNo`, the one before its first */
  constructor(sampleNo: number, keptSamples: number, counters: TrackCounters) {
    this.firstNo = sampleNo + 1;
    this.lastNo = sampleNo;
    this.#keptSamples = keptSamples;
    this.#cells = new Uint16Array(keptSamples * SAMPLE_COLUMNS);
    this.#before = counters;
  }

  /** Takes a sample. @param elapsedMs time since the previous one */
  add(sampleNo: number, elapsedMs: number, counters: TrackCounters): void {
    const before = this.#before;
    this.#before = counters;
    this.lastNo = sampleNo;
    const bitrateBps = (Math.max(0, counters.bytes - before.bytes) * 8 * 1000) / elapsedMs;
    const cell = (sampleNo % this.#keptSamples) * SAMPLE_COLUMNS;
    this.#cells[cell] = Math.min(MAX_CELL, Math.round(bitrateBps / KILO));
    this.#cells[cell + 1] = lossCellOf(before, counters);
    this.#cells[cell + 2] = this.#layerCellOf(counters.rid);
  }

  /** @returns undefined for a sample from before the track existed */
  read(sampleNo: number): TrackQuality | undefined {
    if (sampleNo < this.firstNo || sampleNo > this.lastNo) return undefined;
    const cell = (sampleNo % this.#keptSamples) * SAMPLE_COLUMNS;
    const [kilobits = 0, loss = UNKNOWN_LOSS, layer = NO_LAYER] = this.#cells.subarray(cell, cell + SAMPLE_COLUMNS);
    return {
      bitrateBps: kilobits * KILO,
      lossRatio: loss === UNKNOWN_LOSS ? undefined : loss / WHOLE,
      rid: layer === NO_LAYER ? undefined : this.#names[layer - 1],
    };
  }

  #layerCellOf(rid: string | undefined): number {
    if (rid === undefined) return NO_LAYER;
    const known = this.#names.indexOf(rid);
    if (known >= 0) return known + 1;
    return this.#names.length < MAX_NAMES ? this.#names.push(rid) : NO_LAYER;
  }
}

/** A report may lie, or belong to another stream than the one before it, so the share is bounded. */
function lossCellOf(before: TrackCounters, now: TrackCounters): number {
  if (before.packetsExpected === undefined || now.packetsExpected === undefined) return UNKNOWN_LOSS;
  const expected = now.packetsExpected - before.packetsExpected;
  if (expected <= 0) return UNKNOWN_LOSS;
  return Math.round(Math.min(1, Math.max(0, now.packetsLost - before.packetsLost) / expected) * WHOLE);
}
