/** The latest samples of one publication or subscription: what it carried in each interval, how much of it was lost, and in which layer. */

/** Counters of a track, which may also fall: a stream may be replaced, and packets may be dropped after they were counted. */
export interface TrackCounters {
  readonly bytes: number;
  /** Packets that the receiving side knows to have been sent; undefined as long as it has reported nothing. */
  readonly packetsExpected: number | undefined;
  readonly packetsLost: number;
  /** The layer that is forwarded; undefined while none is, and for a publication. */
  readonly rid: string | undefined;
}

/** What a track did in one interval. */
export interface TrackQuality {
  readonly bitrateBps: number;
  /** Share of packets that did not arrive at the first try, 0 to 1; undefined if nothing is known about the interval. */
  readonly lossRatio: number | undefined;
  readonly rid: string | undefined;
}

const COLUMNS = 3;
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
export class SampledTrack {
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
    this.#cells = new Uint16Array(keptSamples * COLUMNS);
    this.#before = counters;
  }

  /** Takes a sample. @param elapsedMs time since the previous one */
  add(sampleNo: number, elapsedMs: number, counters: TrackCounters): void {
    const before = this.#before;
    this.#before = counters;
    this.lastNo = sampleNo;
    const bitrateBps = (Math.max(0, counters.bytes - before.bytes) * 8 * 1000) / elapsedMs;
    const cell = (sampleNo % this.#keptSamples) * COLUMNS;
    this.#cells[cell] = Math.min(MAX_CELL, Math.round(bitrateBps / KILO));
    this.#cells[cell + 1] = lossCellOf(before, counters);
    this.#cells[cell + 2] = this.#layerCellOf(counters.rid);
  }

  /** @returns undefined for a sample from before the track existed */
  read(sampleNo: number): TrackQuality | undefined {
    if (sampleNo < this.firstNo || sampleNo > this.lastNo) return undefined;
    const cell = (sampleNo % this.#keptSamples) * COLUMNS;
    const [kilobits = 0, loss = UNKNOWN_LOSS, layer = NO_LAYER] = this.#cells.subarray(cell, cell + COLUMNS);
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
