/** Receiving state of the SSRCs of one peer, for one protocol: bounded, and made only for SSRCs that proved authentic. */

import { ReplayWindow } from '../replay-window.ts';
import type { KeystreamWindow } from './keystream-window.ts';

export interface InboundStream {
  readonly replay: ReplayWindow;
  /** Keystream ahead of the packets; only for SRTP in counter mode. */
  readonly window: KeystreamWindow | undefined;
  lastUse: number;
}

/** What `InboundSrtp` asks of such state. */
export interface InboundStreams {
  /** How many SSRCs have sent something authentic. */
  readonly size: number;
  find(ssrc: number): InboundStream | undefined;
  /** Whether an authentic packet of an SSRC without a stream would give it one. */
  mayBegin(ssrc: number): boolean;
  /** The highest index received under an SSRC that has no stream now; -1 if it never had one. */
  retiredIndex(ssrc: number): number;
  /** Marks `index` received; call it for authentic packets only. @returns undefined when the SSRC is not to have a stream */
  accept(ssrc: number, index: number): InboundStream | undefined;
  close(): void;
}

const MAX_STREAMS = 64;
/** SSRCs that made room for others are remembered by their highest index, so that their packets cannot be replayed. */
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

  /** Whether there is room is seen when it is needed. */
  mayBegin(): boolean {
    return true;
  }

  retiredIndex(ssrc: number): number {
    return this.#retired.get(ssrc) ?? -1;
  }

  /** @returns undefined when the peer has used up its SSRCs */
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
