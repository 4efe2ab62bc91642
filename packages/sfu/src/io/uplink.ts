/**
 * What all sockets of a port have in common as senders: the memory that they may fill with datagrams that wait, what was lost and why, and
 * the time at which to try again.
 */
import { type Path, SEND_KIND_NAMES, SendKind } from '@causeway/media';
import type { CancelTimer, Clock } from '../clock.ts';
import type { Outlet } from './outlet.ts';
import { createSendCounters, refusalOfError, type SendRefusal } from './send-counters.ts';

/** Of one thread; what is over is thrown away. 100 ms of 390 Mbit/s. */
const MAX_WAITING_DATAGRAMS = 4_096;
/** Video leaves room for what is more urgent. */
const VIDEO_SHARE = 0.5;
/** Holds every packet of media. Longer datagrams are rare and get memory of their own. */
const PLACE_BYTES = 1_600;
/** How soon a full socket is looked at again: its buffer drains at 5 Mbit/s for every 1,250 bytes in this time. */
const RETRY_MS = 2;
/** The uplink was full and has been free for this long: what filled it is over. */
const FREE_AGAIN_AFTER_MS = 300;

export interface UplinkListener {
  /** A datagram was thrown away: `full` for want of room, `refused` because the system will never take it. */
  readonly onLost: (why: 'full' | 'refused') => void;
  /** Paths that have lost video can be sent keyframes: the uplink has been free for a while. */
  readonly onFreeAgain: () => void;
}

export class Uplink {
  readonly counters = createSendCounters();
  readonly #listener: UplinkListener;
  readonly #full = new Set<Outlet>();
  /** Memory of datagrams that have waited, for the next that must. */
  readonly #freePlaces: Buffer[] = [];
  #scratch = Buffer.allocUnsafeSlow(PLACE_BYTES);
  #waitingBytes = 0;
  #waitingDatagrams = 0;
  readonly #clock: Clock;
  #cancelRetry: CancelTimer | undefined;
  #hasLostVideo = false;
  #freeSinceMs = 0;

  constructor(clock: Clock, listener: UplinkListener) {
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Bytes that wait, here and in libuv. */
  get queuedBytes(): number {
    let bytes = this.#waitingBytes;
    for (const outlet of this.#full) bytes += outlet.bytesInSocket;
    return bytes;
  }

  get queuedDatagrams(): number {
    return this.#waitingDatagrams;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  /** Memory to send from; it is used again unless `keepScratch` is called. */
  scratchFor(length: number): Buffer {
    return length <= PLACE_BYTES ? this.#scratch : Buffer.allocUnsafeSlow(length);
  }

  /** The socket has kept the memory: nobody writes there again. */
  keepScratch(): void {
    this.#scratch = Buffer.allocUnsafeSlow(PLACE_BYTES);
  }

  /** Whether one more datagram may wait. */
  hasRoomFor(kind: SendKind): boolean {
    return this.#waitingDatagrams < MAX_WAITING_DATAGRAMS * (kind === SendKind.Video ? VIDEO_SHARE : 1);
  }

  /** @returns memory for a datagram that waits; its owner calls `leave` for it, once */
  enter(length: number): Buffer {
    this.#waitingBytes += length;
    this.#waitingDatagrams++;
    return (length <= PLACE_BYTES ? this.#freePlaces.pop() : undefined) ?? Buffer.allocUnsafeSlow(Math.max(length, PLACE_BYTES));
  }

  /** A datagram waits no longer. @param place its memory, if nobody reads there any more; undefined if libuv has kept it */
  leave(length: number, place: Buffer | undefined): void {
    this.#waitingBytes -= length;
    this.#waitingDatagrams--;
    if (place?.length === PLACE_BYTES) this.#freePlaces.push(place);
  }

  noteFull(outlet: Outlet): void {
    this.#full.add(outlet);
    this.#retryLater();
  }

  /** A socket is closed, and nothing waits for it any more. */
  forget(outlet: Outlet): void {
    this.#full.delete(outlet);
  }

  /** A datagram is thrown away because there was no room for it. */
  lose(path: Path, kind: SendKind): void {
    this.counters.dropped[SEND_KIND_NAMES[kind]]++;
    if (kind === SendKind.Video) {
      path.hasLostVideo = true;
      this.#hasLostVideo = true;
    }
    this.#listener.onLost('full');
  }

  refuse(refusal: SendRefusal): void {
    this.counters.refused[refusal]++;
    this.#listener.onLost('refused');
  }

  /** For `node:dgram`, which calls it with undefined, or null, where all went well. */
  readonly onSendResult = (error: Error | null | undefined): void => {
    if (error) this.refuse(refusalOfError(error));
  };

  close(): void {
    this.#freePlaces.length = 0;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#full.clear();
  }

  #retryLater(): void {
    this.#cancelRetry ??= this.#clock.schedule(RETRY_MS, () => {
      this.#cancelRetry = undefined;
      this.#retry();
    });
  }

  #retry(): void {
    const wasFull = this.#full.size > 0;
    for (const outlet of this.#full) if (outlet.drain()) this.#full.delete(outlet);
    const nowMs = this.nowMs();
    if (wasFull) this.#freeSinceMs = nowMs;
    if (this.#full.size > 0 || nowMs - this.#freeSinceMs < FREE_AGAIN_AFTER_MS) {
      this.#retryLater();
      return;
    }
    this.#freePlaces.length = 0;
    if (!this.#hasLostVideo) return;
    this.#hasLostVideo = false;
    this.#listener.onFreeAgain();
  }
}
