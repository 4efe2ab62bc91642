/** Receiving state of the SSRCs of one peer, for one protocol. It is bounded, and created only for SSRCs with an authentic packet. */

import { ReplayWindow } from '../replay-window.ts';
import type { KeystreamWindow } from './keystream-window.ts';

export interface InboundStream {
  readonly replay: ReplayWindow;
  /** Keystream for future packets; only for SRTP in counter mode. */
  readonly window: KeystreamWindow | undefined;
  lastUse: number;
}

/** The receiving state that `InboundSrtp` uses. */
export interface InboundStreams {
  /** Number of SSRCs with an authentic packet. */
  readonly size: number;
  find(ssrc: number): InboundStream | undefined;
  /** Whether an SSRC without a stream gets one with its first authentic packet. */
  mayBegin(ssrc: number): boolean;
  /** The highest index received under an SSRC that no longer has a stream; -1 if it never had one. */
  retiredIndex(ssrc: number): number;
  /** Marks `index` as received. Call it only for authentic packets. @returns undefined if the SSRC cannot have a stream */
  accept(ssrc: number, index: number): InboundStream | undefined;
  close(): void;
}

const MAX_STREAMS = 64;
/** SSRCs that had to make room for others are remembered with their highest index, so that their packets cannot be replayed. */
const MAX_RETIRED = 4_096;

export class InboundContext implements InboundStreams {
  readonly #streams = new Map<number, InboundStream>();
  readonly #retired = new Map<number, number>();
  readonly #createWindow: (ssrc: number) => KeystreamWindow | undefined;
  #uses = 0;

  constructor(createWindow: (ssrc: number) => KeystreamWindow | undefined) {
    this.#createWindow = createWindow;
  }

  get size(): number {
    return this.#streams.size;
  }

  find(ssrc: number): InboundStream | undefined {
    return this.#streams.get(ssrc);
  }

  /** Always true; whether there is room is only checked by `accept`. */
  mayBegin(): boolean {
    return true;
  }

  retiredIndex(ssrc: number): number {
    return this.#retired.get(ssrc) ?? -1;
  }

  /** @returns undefined if the peer has used up its SSRCs */
  accept(ssrc: number, index: number): InboundStream | undefined {
    const stream = this.#streams.get(ssrc) ?? this.#create(ssrc);
    if (stream === undefined) return undefined;
    stream.replay.accept(index);
    stream.lastUse = ++this.#uses;
    return stream;
  }

  close(): void {
    for (const stream of this.#streams.values()) stream.window?.release();
    this.#streams.clear();
    this.#retired.clear();
  }

  #create(ssrc: number): InboundStream | undefined {
    if (this.#streams.size >= MAX_STREAMS && !this.#retireOldest()) return undefined;
    const replay = new ReplayWindow(this.retiredIndex(ssrc));
    this.#retired.delete(ssrc);
    const stream = { replay, window: this.#createWindow(ssrc), lastUse: 0 };
    this.#streams.set(ssrc, stream);
    return stream;
  }

  #retireOldest(): boolean {
    if (this.#retired.size >= MAX_RETIRED) return false;
    let oldestSsrc = 0;
    let oldest: InboundStream | undefined;
    for (const [ssrc, stream] of this.#streams) {
      if (oldest === undefined || stream.lastUse < oldest.lastUse) {
        oldest = stream;
        oldestSsrc = ssrc;
      }
    }
    if (oldest === undefined) return false;
    oldest.window?.release();
    this.#streams.delete(oldestSsrc);
    this.#retired.set(oldestSsrc, oldest.replay.highest);
    return true;
  }
}
