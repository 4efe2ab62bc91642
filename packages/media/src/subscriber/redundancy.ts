/**
 * Adds earlier audio packets to each packet for a receiver of RED, as many as the losses of its path call for. Their bytes come from the
 * source's history.
 *
 * @see RFC 2198
 */
import {
  isOpusDtx,
  MAX_RED_BLOCK_LENGTH,
  MAX_RED_OFFSET,
  RedPayload,
  RtpView,
  redHeadersLength,
  writeRedBlockHeader,
  writeRedPrimaryHeader,
} from '@causeway/wire';
import type { CodecPlan } from '../plan.ts';
import type { StreamPacket } from '../publisher/receive-stream.ts';
import { NO_PAYLOAD_TYPE } from './codec-match.ts';
import { ReportedPathLoss } from './stream-reports.ts';

/** A packet with its redundancy stays well below the usual MTU. */
const MAX_BYTES = 1000;
const MAX_LEVEL = 2;
const NOTHING = new Uint8Array(0);
/** Lower than any sequence number. */
const NEVER = -1;
const DECIDE_EVERY_MS = 500;
/** Weight of a new loss ratio, which covers one second with about fifty packets. The average covers about four seconds. */
const LOSS_GAIN = 1 / 8;
/** The loss ratios at which the first and the second earlier packet are added. */
const LOSS_FOR_LEVEL = [0.02, 0.1] as const;
/** A level is given up once the loss has stayed below this share of the level's threshold. */
const CALM = 0.5;
/** Losses come in bursts, so a short calm says nothing. */
const CALM_FOR_MS = 10_000;
/** Audio with its redundancy takes at most this share of what the path carries. */
const MAX_SHARE = 0.5;

export class Redundancy {
  readonly level = new RedundancyLevel();
  /** Used if the receiver reports on its path in no other way. */
  readonly reportedLoss = new ReportedPathLoss();
  /** The receiver's payload type for RED; `NO_PAYLOAD_TYPE` if it accepts none at present. */
  payloadType = NO_PAYLOAD_TYPE;
  /**
   * The highest outgoing number that was sent as RED. What such packets held cannot be written again byte for byte, and under the same
   * nonce nothing else may be (RFC 3711 §9.1).
   */
  lastSequence = NEVER;
  #opusPayloadType = NO_PAYLOAD_TYPE;
  /** Earlier packets of the source were not meant for the receiver. */
  #firstSource = 0;
  readonly #view = new RtpView();
  readonly #red = new RedPayload();
  #count = 0;
  /** The blocks of the next packet, oldest first. */
  readonly #blocks: Uint8Array[] = new Array<Uint8Array>(MAX_LEVEL).fill(NOTHING);
  readonly #offsets = new Uint16Array(MAX_LEVEL);
  /** Bytes that the blocks and all headers add to the payload. */
  extraBytes = 0;

  /** @returns undefined if the codecs include no RED, and never did */
  static for(codecs: readonly CodecPlan[], known: Redundancy | undefined): Redundancy | undefined {
    const red = codecs.find(({ name }) => name === 'red');
    const opus = codecs.find(({ name }) => name === 'opus');
    const redundancy = known ?? (red === undefined ? undefined : new Redundancy());
    if (redundancy === undefined) return undefined;
    redundancy.payloadType = opus === undefined || red === undefined ? NO_PAYLOAD_TYPE : red.payloadType;
    redundancy.#opusPayloadType = opus?.payloadType ?? NO_PAYLOAD_TYPE;
    return redundancy;
  }

  /** Starts again with this packet of another source, or of the same one after a pause. */
  beginWith(sourceSequence: number): void {
    this.#firstSource = sourceSequence;
  }

  /** Finds the earlier packets to add to this one. @returns false if there are none */
  collect(nowMs: number, { stream, sequence, timestamp, codec, payload }: StreamPacket): boolean {
    this.#count = 0;
    if (this.payloadType === NO_PAYLOAD_TYPE || codec.plan.name !== 'opus' || payload.length === 0) return false;
    let blockBytes = 0;
    for (let before = Math.min(this.level.value, MAX_LEVEL); before > 0; before--) {
      const earlier = (sequence - before) as typeof sequence;
      const bytes = earlier < this.#firstSource ? undefined : stream.history.find(nowMs, earlier);
      if (bytes === undefined || !this.#view.read(bytes, bytes.length)) continue;
      const block = this.#opusIn(stream, codec.plan.payloadType);
      const offset = (timestamp - this.#view.timestamp) >>> 0;
      if (block === undefined || offset === 0 || offset > MAX_RED_OFFSET) continue;
      if (payload.length + blockBytes + block.length > MAX_BYTES) continue;
      this.#blocks[this.#count] = block;
      this.#offsets[this.#count++] = offset;
      blockBytes += block.length;
    }
    this.extraBytes = blockBytes + redHeadersLength(this.#count);
    return this.#count > 0;
  }

  /** Writes the payload with what was collected. @returns the offset after it */
  write(out: Uint8Array, offset: number, payload: Uint8Array): number {
    let at = offset;
    for (let block = 0; block < this.#count; block++) {
      at = writeRedBlockHeader(out, at, this.#opusPayloadType, this.#offsets[block], this.#blocks[block].length);
    }
    at = writeRedPrimaryHeader(out, at, this.#opusPayloadType);
    for (let block = 0; block < this.#count; block++) {
      out.set(this.#blocks[block], at);
      at += this.#blocks[block].length;
      this.#blocks[block] = NOTHING;
    }
    out.set(payload, at);
    return at + payload.length;
  }

  /** @returns the Opus frame of the packet in the view; undefined if it has none, or one that is silence or too long for a block */
  #opusIn({ track }: StreamPacket['stream'], opusPayloadType: number): Uint8Array | undefined {
    const { bytes, payloadType, headerLength, payloadLength } = this.#view;
    let [type, start, length] = [payloadType, headerLength, payloadLength];
    if (track.codecOf(payloadType)?.isRed) {
      if (!this.#red.read(bytes, headerLength, payloadLength)) return undefined;
      type = this.#red.primaryPayloadType;
      start = this.#red.primaryStart;
      length = this.#red.primaryLength;
    }
    const isUseful = type === opusPayloadType && !isOpusDtx(length) && length <= MAX_RED_BLOCK_LENGTH;
    return isUseful ? bytes.subarray(start, start + length) : undefined;
  }
}

/**
 * Decides from the losses of the path how many earlier packets are added to each audio packet. One more packet turns a loss of 5% into one
 * of a quarter of a percent, and costs as much as the audio itself, so it is added only if packets are lost and the path has room.
 */
export class RedundancyLevel {
  /** How many earlier packets are added to each. */
  value = 0;
  #loss = 0;
  #decideAtMs = Number.NEGATIVE_INFINITY;
  /** Since when one packet fewer would have been enough; Infinity while it would not. */
  #calmFromMs = Number.POSITIVE_INFINITY;

  isDue(nowMs: number): boolean {
    return nowMs >= this.#decideAtMs;
  }

  /**
   * @param lossRatio of the path, 0 to 1; undefined if the receiver does not report it
   * @param audioBps what the audio costs without redundancy
   * @param limitBps what the path carries; undefined if it has no known limit
   */
  decide(nowMs: number, lossRatio: number | undefined, audioBps: number, limitBps: number | undefined): void {
    this.#decideAtMs = nowMs + DECIDE_EVERY_MS;
    const affordable = limitBps === undefined || audioBps === 0 ? LOSS_FOR_LEVEL.length : Math.floor((limitBps * MAX_SHARE) / audioBps) - 1;
    this.#loss += ((lossRatio ?? 0) - this.#loss) * LOSS_GAIN;
    const helpful = LOSS_FOR_LEVEL.filter((loss) => this.#loss >= loss).length;
    if (helpful >= this.value || !this.#isCalm(nowMs)) this.value = Math.max(this.value, helpful);
    else this.value--;
    if (helpful >= this.value) this.#calmFromMs = Number.POSITIVE_INFINITY;
    this.value = Math.max(0, Math.min(this.value, affordable));
  }

  /** Whether so little has been lost for a while that one packet fewer would be enough. */
  #isCalm(nowMs: number): boolean {
    if (this.#loss >= LOSS_FOR_LEVEL[this.value - 1] * CALM) this.#calmFromMs = Number.POSITIVE_INFINITY;
    else this.#calmFromMs = Math.min(this.#calmFromMs, nowMs);
    if (nowMs - this.#calmFromMs < CALM_FOR_MS) return false;
    this.#calmFromMs = nowMs;
    return true;
  }
}
