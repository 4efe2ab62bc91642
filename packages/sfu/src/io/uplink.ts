/**
 * What the sockets of a port share for sending: the memory for waiting datagrams, the counters of lost ones, and the
 * timer that retries full sockets.
 */
import { type Path, SEND_KIND_NAMES, SendKind } from '@causeway/media';
import type { CancelTimer, Clock } from '../clock.ts';
import { createSendCounters, isMedia, refusalOfError, type SendRefusal } from './send-counters.ts';

/** One thread drops datagrams above this number: 100 ms of 390 Mbit/s. */
const MAX_WAITING_DATAGRAMS = 4_096;
/** Video and data leave room for more urgent datagrams. */
const BULK_SHARE = 0.5;
/** A place holds any media packet. Longer datagrams are rare and get memory of their own. */
const PLACE_BYTES = 1_600;
/** Full sockets are retried after this time, in which 10 KB leave an uplink of 40 Mbit/s. */
const RETRY_MS = 2;
/** An uplink that has accepted everything for this long is no longer congested. */
const FREE_AGAIN_AFTER_MS = 300;

/** Whether a datagram waits behind all other kinds: video, and data of clients. */
export function isBulk(kind: SendKind): boolean {
  return kind <= SendKind.Data;
}

export interface UplinkListener {
  /** A datagram was dropped: `full` for lack of room, `refused` because the system will never accept it. */
  readonly onLost: (why: 'full' | 'refused') => void;
  /** One of those was a media packet. The bytes are valid until this returns. */
  readonly onUnsent: (path: Path, packet: Uint8Array) => void;
  /** The uplink has been free for a while, so paths that have lost video can be sent keyframes. */
  readonly onFreeAgain: () => void;
}

/** A socket that is full at the moment. */
export interface FullOutlet {
  /** The number of bytes that libuv holds for it. */
  readonly bytesInSocket: number;
  /** Sends waiting datagrams until the socket is full again. @returns whether none is left */
  drain(): boolean;
}

export class Uplink {
  readonly counters = createSendCounters();
  readonly #listener: UplinkListener;
  readonly #full = new Set<FullOutlet>();
  /** Memory of datagrams that have waited, for reuse. */
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

  /** How many bytes wait, here and in libuv. */
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

  /** @returns memory to send from, which the next call returns again unless `keepScratch` is called first */
  scratchFor(length: number): Buffer {
    return length <= PLACE_BYTES ? this.#scratch : Buffer.allocUnsafeSlow(length);
  }

  /** libuv has kept the scratch memory, so it must not be written to again. */
  keepScratch(): void {
    this.#scratch = Buffer.allocUnsafeSlow(PLACE_BYTES);
  }

  /** Whether one more datagram of this kind may wait. */
  hasRoomFor(kind: SendKind): boolean {
    return this.#waitingDatagrams < MAX_WAITING_DATAGRAMS * (isBulk(kind) ? BULK_SHARE : 1);
  }

  /** @returns memory for a waiting datagram; its owner calls `leave` for it once */
  enter(length: number): Buffer {
    this.#waitingBytes += length;
    this.#waitingDatagrams++;
    return (length <= PLACE_BYTES ? this.#freePlaces.pop() : undefined) ?? Buffer.allocUnsafeSlow(Math.max(length, PLACE_BYTES));
  }

  /**
   * Reverses `enter`.
   *
   * @param place the datagram's memory, for reuse; undefined if libuv has kept it
   */
  leave(length: number, place: Buffer | undefined): void {
    this.#waitingBytes -= length;
    this.#waitingDatagrams--;
    if (place?.length === PLACE_BYTES) this.#freePlaces.push(place);
  }

  noteFull(outlet: FullOutlet): void {
    this.#full.add(outlet);
    this.#retryLater();
  }

  /** Stops retrying an outlet whose socket is closed. */
  forget(outlet: FullOutlet): void {
    this.#full.delete(outlet);
  }

  /** Counts a datagram that is dropped for lack of room. @param datagram valid until this returns */
  lose(path: Path, kind: SendKind, datagram: Uint8Array): void {
    this.counters.dropped[SEND_KIND_NAMES[kind]]++;
    if (kind === SendKind.Video) {
      path.hasLostVideo = true;
      this.#hasLostVideo = true;
    }
    this.#listener.onLost('full');
    if (isMedia(kind)) this.#listener.onUnsent(path, datagram);
  }

  /** Counts a datagram that the system will not send. */
  refuse(refusal: SendRefusal): void {
    this.counters.refused[refusal]++;
    this.#listener.onLost('refused');
  }

  /** Like `refuse`, if it is known which datagram was refused. @param datagram valid until this returns */
  refuseDatagram(refusal: SendRefusal, path: Path, kind: SendKind, datagram: Uint8Array): void {
    this.refuse(refusal);
    if (isMedia(kind)) this.#listener.onUnsent(path, datagram);
  }

  /** A callback for `node:dgram`, which passes no error when the datagram was sent. */
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
