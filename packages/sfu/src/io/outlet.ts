/**
 * A UDP socket as a sender that may be full.
 *
 * libuv keeps a pointer to each datagram that a full socket does not accept, and queues any number of them. An outlet
 * therefore passes libuv only memory that is not written to again, and one datagram at a time. Once libuv has sent that
 * datagram, the socket has room, and the outlet sends those that wait. The kernel calls a socket writable when its
 * buffer is half empty; until then an outlet makes no system call.
 */
import type { Socket } from 'node:dgram';
import type { Path, SendKind } from '@causeway/media';
import { isMedia, refusalOfError } from './send-counters.ts';
import { isBulk, type Uplink } from './uplink.ts';

/** One full socket must leave room for the datagrams of other sockets. */
const MAX_WAITING_DATAGRAMS = 2_048;
/**
 * Receivers skip a picture that is later than this, but still play audio. SCTP treats delayed data as lost, slows down,
 * and retransmits it.
 */
const MAX_BULK_AGE_MS = 100;
const MAX_AGE_MS = 1_000;

/** One media packet in this many reports its result, because the system may refuse some. */
const SAMPLE_EVERY = 32;
/** After a refusal, this many packets report their results. */
const WATCH_PACKETS = 256;

interface WaitingDatagram {
  readonly path: Path;
  /** Holds a copy of the datagram at its beginning; libuv may keep it. */
  readonly place: Buffer;
  readonly length: number;
  readonly kind: SendKind;
  readonly sinceMs: number;
}

export class Outlet {
  /** Whether a datagram can be sent at once, because none waits here or in libuv. */
  isClear = true;
  readonly #socket: Socket;
  readonly #isConnected: boolean;
  readonly #uplink: Uplink;
  /** Audio, RTCP, STUN, handshakes and messages between nodes, which are sent before bulk. */
  #urgent: WaitingDatagram[] = [];
  /** Video and data in order of arrival. */
  #bulk: WaitingDatagram[] = [];
  /** The number of media packets that still report their results, and of those since the last one that did. */
  #watched = 0;
  #unwatched = 0;

  /**
   * @param isConnected whether the socket has a remote address; otherwise each datagram is sent to the address of its
   * path
   */
  constructor(socket: Socket, isConnected: boolean, uplink: Uplink) {
    this.#socket = socket;
    this.#isConnected = isConnected;
    this.#uplink = uplink;
  }

  /** The number of bytes that libuv holds; 0 once the socket is closed. */
  get bytesInSocket(): number {
    try {
      return this.#socket.getSendQueueSize();
    } catch {
      return 0;
    }
  }

  /** Sends a datagram, holds a copy of it, or drops it. The caller may reuse the bytes when this returns. */
  send(path: Path, bytes: Uint8Array, offset: number, length: number, kind: SendKind): void {
    if (!this.isClear) {
      this.hold(path, bytes, offset, length, kind);
      return;
    }
    const memory = this.#uplink.scratchFor(length);
    memory.set(offset === 0 && length === bytes.length ? bytes : bytes.subarray(offset, offset + length));
    if (this.#isKept(path, memory, length, kind)) {
      this.#uplink.keepScratch();
      this.#becomeFull();
    }
  }

  /**
   * Holds a copy of a datagram until the socket has room, or drops the datagram if too many wait.
   */
  hold(path: Path, bytes: Uint8Array, offset: number, length: number, kind: SendKind): void {
    if (!this.#admits(kind)) {
      this.#uplink.lose(path, kind, bytes.subarray(offset, offset + length));
      return;
    }
    const place = this.#uplink.enter(length);
    place.set(bytes.subarray(offset, offset + length));
    (isBulk(kind) ? this.#bulk : this.#urgent).push({ path, place, length, kind, sinceMs: this.#uplink.nowMs() });
    this.#becomeFull();
  }

  /** Sends waiting datagrams until the socket is full again. @returns whether the outlet is now clear */
  drain(): boolean {
    if (this.isClear) return true;
    if (this.#holdsOne() || !this.#drain(this.#urgent, MAX_AGE_MS) || !this.#drain(this.#bulk, MAX_BULK_AGE_MS)) return false;
    this.isClear = true;
    return true;
  }

  /** Drops what waits for a path that is gone. */
  forget(path: Path): void {
    if (this.isClear) return;
    this.#urgent = this.#urgent.filter((waiting) => waiting.path !== path || this.#abandon(waiting));
    this.#bulk = this.#bulk.filter((waiting) => waiting.path !== path || this.#abandon(waiting));
  }

  /** Drops all waiting datagrams. The owner calls this when it closes the socket. */
  close(): void {
    // Later sends reach the socket, which refuses them.
    this.isClear = true;
    for (const waiting of this.#urgent) this.#abandon(waiting);
    for (const waiting of this.#bulk) this.#abandon(waiting);
    this.#urgent = [];
    this.#bulk = [];
    this.#uplink.forget(this);
  }

  /** Whether a datagram may wait. An urgent one displaces the oldest bulk datagram. */
  #admits(kind: SendKind): boolean {
    const most = isBulk(kind) ? MAX_WAITING_DATAGRAMS / 2 : MAX_WAITING_DATAGRAMS;
    while (this.#urgent.length + this.#bulk.length >= most || !this.#uplink.hasRoomFor(kind)) {
      const evicted = isBulk(kind) ? undefined : this.#bulk.shift();
      if (evicted === undefined) return false;
      this.#abandon(evicted);
    }
    return true;
  }

  #becomeFull(): void {
    if (!this.isClear) return;
    this.isClear = false;
    this.#uplink.noteFull(this);
  }

  #drain(queue: WaitingDatagram[], maxAgeMs: number): boolean {
    const oldestMs = this.#uplink.nowMs() - maxAgeMs;
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (next.sinceMs < oldestMs) {
        this.#abandon(next);
        continue;
      }
      const { path, place, length, kind } = next;
      const isKept = this.#isKept(path, place, length, kind);
      this.#uplink.leave(length, isKept ? undefined : place);
      if (isKept) return false;
    }
    return true;
  }

  #abandon({ path, place, length, kind }: WaitingDatagram): false {
    this.#uplink.lose(path, kind, place.subarray(0, length));
    this.#uplink.leave(length, place);
    return false;
  }

  /**
   * Passes a datagram to the socket.
   *
   * @returns whether libuv keeps the memory because the system did not accept the datagram
   */
  #isKept(path: Path, memory: Buffer, length: number, kind: SendKind): boolean {
    const { remotePort, remoteAddress } = path;
    const onResult = this.#wantsResult(kind) ? this.#onResult : undefined;
    try {
      if (this.#isConnected) this.#socket.send(memory, 0, length, onResult);
      else this.#socket.send(memory, 0, length, remotePort, remoteAddress, onResult);
      return this.#holdsOne();
    } catch (error) {
      this.#uplink.refuseDatagram(refusalOfError(error), path, kind, memory.subarray(0, length));
      return false;
    }
  }

  /**
   * Whether to wait for the result of a send. The callback costs a tenth of the send, so only one media packet in
   * `SAMPLE_EVERY` has one. After a refusal, every packet has one until `WATCH_PACKETS` packets in a row were accepted.
   */
  #wantsResult(kind: SendKind): boolean {
    if (!isMedia(kind)) return true;
    if (this.#watched > 0) {
      this.#watched--;
      return true;
    }
    this.#unwatched = (this.#unwatched + 1) % SAMPLE_EVERY;
    return this.#unwatched === 0;
  }

  readonly #onResult = (error: Error | null | undefined): void => {
    if (error) this.#watched = WATCH_PACKETS;
    this.#uplink.onSendResult(error);
  };

  #holdsOne(): boolean {
    try {
      return this.#socket.getSendQueueCount() > 0;
    } catch {
      // A closed socket holds nothing.
      return false;
    }
  }
}
