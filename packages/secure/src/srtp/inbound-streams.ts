/** Receiving state of the SSRCs of one peer, for one protocol: those of a client, and those that a link expects. */
import { ReplayWindow } from '../replay-window.ts';
import type { KeystreamWindow } from './keystream-window.ts';

const MAX_STREAMS = 64;
/** SSRCs that had to make room for others are remembered with their highest index, so that their packets cannot be replayed. */
const MAX_RETIRED = 4_096;

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

/** The SSRCs of a client. The state is bounded, and created only for SSRCs with an authentic packet. */
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

/**
 * Receiving state of the SSRCs of a link, which carries thousands of SSRCs and constantly new ones. State exists only for expected SSRCs,
 * which this side has chosen. SSRCs that have ended leave nothing behind but a minimum for new ones.
 */
export class ExpectedContext implements InboundStreams {
  /** Undefined until a packet has arrived. */
  readonly #streams = new Map<number, InboundStream | undefined>();
  readonly #createWindow: (ssrc: number) => KeystreamWindow | undefined;
  #highestExpected = -1;

  constructor(createWindow: (ssrc: number) => KeystreamWindow | undefined) {
    this.#createWindow = createWindow;
  }

  get size(): number {
    let size = 0;
    for (const stream of this.#streams.values()) if (stream !== undefined) size++;
    return size;
  }

  /**
   * Has no effect unless the SSRC is higher than all before. Received packets are not remembered, so an SSRC must not be used twice (RFC
   * 3711 §3.3.2).
   */
  expect(ssrc: number): void {
    if (ssrc <= this.#highestExpected) return;
    this.#highestExpected = ssrc;
    this.#streams.set(ssrc, undefined);
  }

  end(ssrc: number): void {
    this.#streams.get(ssrc)?.window?.release();
    this.#streams.delete(ssrc);
  }

  find(ssrc: number): InboundStream | undefined {
    return this.#streams.get(ssrc);
  }

  mayBegin(ssrc: number): boolean {
    return this.#streams.has(ssrc);
  }

  /** Always -1, since an SSRC that has ended is never used again. */
  retiredIndex(): number {
    return -1;
  }

  accept(ssrc: number, index: number): InboundStream | undefined {
    const stream = this.#streams.get(ssrc) ?? this.#create(ssrc);
    stream?.replay.accept(index);
    return stream;
  }

  close(): void {
    for (const stream of this.#streams.values()) stream?.window?.release();
    this.#streams.clear();
  }

  #create(ssrc: number): InboundStream | undefined {
    if (!this.#streams.has(ssrc)) return undefined;
    const stream = { replay: new ReplayWindow(), window: this.#createWindow(ssrc), lastUse: 0 };
    this.#streams.set(ssrc, stream);
    return stream;
  }
}
