/**
 * The decoder of one VP8 stream in a browser that asks for missing packets (RFC 4585 §6.2.1). It shows frames in order and waits for a
 * frame that is incomplete, until a later keyframe has arrived whole. What is missing before that keyframe is then no longer of interest.
 */
import { type Seq16, SequenceUnwrapper, toSeq16, Vp8Descriptor } from '@causeway/wire';
import type { ReceivedRtp } from './scripted-peer.ts';

/** libwebrtc asks again after a round trip, which a mere receiver takes to be this long. */
const ASK_AGAIN_AFTER_MS = 100;
/** libwebrtc gives a packet up after as many requests, and asks for a keyframe. */
const MAX_ASKED = 10;
/** libwebrtc asks for a keyframe after this long without a frame. */
const PATIENCE_MS = 3000;

/** A frame that was shown. */
export interface ShownFrame {
  readonly atMs: number;
  /** The payload size of its last packet, which tells layers apart. */
  readonly payloadBytes: number;
  readonly isKeyframe: boolean;
}

/** What the decoder asks the sender for. */
export interface RepairRequests {
  packets(lost: readonly Seq16[]): void;
  keyframe(): void;
}

export class RepairedPicture {
  readonly shown: ShownFrame[] = [];
  readonly #requests: RepairRequests;
  readonly #unwrapper = new SequenceUnwrapper();
  readonly #vp8 = new Vp8Descriptor();
  /** Packets that were not shown yet, by unwrapped sequence number. */
  readonly #waiting = new Map<number, ReceivedRtp>();
  readonly #asked = new Map<number, { times: number; atMs: number }>();
  /** The first number that was not shown yet; undefined before the first packet. */
  #next: number | undefined = undefined;
  #highest = Number.NEGATIVE_INFINITY;
  #isBroken = true;
  #keyframeAskedAtMs = Number.NEGATIVE_INFINITY;

  constructor(requests: RepairRequests) {
    this.#requests = requests;
  }

  receive(packet: ReceivedRtp): void {
    const number = this.#unwrapper.unwrap(packet.sequence);
    this.#next ??= number;
    if (number < this.#next) return;
    this.#waiting.set(number, packet);
    this.#asked.delete(number);
    this.#highest = Math.max(this.#highest, number);
    while (this.#showFrom(this.#next, packet.atMs) || this.#skipToKeyframe(packet.atMs));
  }

  /** Asks for what is missing. */
  ask(nowMs: number): void {
    if (this.#next === undefined) return;
    const lost: Seq16[] = [];
    let isGivenUp = nowMs - (this.shown.at(-1)?.atMs ?? nowMs) > PATIENCE_MS;
    for (let number = this.#next; number < this.#highest; number++) {
      if (this.#waiting.has(number)) continue;
      const { times, atMs } = this.#asked.get(number) ?? { times: 0, atMs: Number.NEGATIVE_INFINITY };
      if (times >= MAX_ASKED) isGivenUp = true;
      else if (nowMs - atMs >= ASK_AGAIN_AFTER_MS) {
        lost.push(toSeq16(number));
        this.#asked.set(number, { times: times + 1, atMs: nowMs });
      }
    }
    if (lost.length > 0) this.#requests.packets(lost);
    if (!isGivenUp || nowMs - this.#keyframeAskedAtMs < PATIENCE_MS) return;
    this.#keyframeAskedAtMs = nowMs;
    this.#requests.keyframe();
  }

  /** Shows the frame that begins with this number if it is complete and can be decoded. @returns whether it was shown */
  #showFrom(first: number, nowMs: number): boolean {
    const isKeyframe = this.#beginsKeyframe(first);
    if (this.#isBroken && !isKeyframe) return false;
    const last = this.#lastOfFrame(first);
    if (last === undefined) return false;
    this.shown.push({ atMs: nowMs, payloadBytes: last.packet.payload.length, isKeyframe });
    this.#isBroken = false;
    for (let number = this.#next ?? first; number <= last.number; number++) {
      this.#waiting.delete(number);
      this.#asked.delete(number);
    }
    this.#next = last.number + 1;
    return true;
  }

  #skipToKeyframe(nowMs: number): boolean {
    const later = [...this.#waiting.keys()].sort((one, other) => one - other);
    return later.some((number) => this.#beginsKeyframe(number) && this.#showFrom(number, nowMs));
  }

  #beginsKeyframe(number: number): boolean {
    const payload = this.#waiting.get(number)?.payload;
    return payload !== undefined && this.#vp8.read(payload, 0, payload.length) && this.#vp8.isFrameStart && this.#vp8.isKeyframe;
  }

  /** The end of the frame; undefined while a packet of it is missing. */
  #lastOfFrame(first: number): { readonly number: number; readonly packet: ReceivedRtp } | undefined {
    for (let number = first; ; number++) {
      const packet = this.#waiting.get(number);
      if (packet === undefined) return undefined;
      if (packet.marker) return { number, packet };
    }
  }
}
