/**
 * A UDP socket as something that datagrams leave by, and that may be full. libuv keeps a pointer to what a full socket does not take, and
 * as much of it as it is given. So it is given memory that nobody writes to again, and one datagram at a time: when that one has left, the
 * socket has room, and what waits here follows.
 *
 * The kernel wakes libuv when the buffer is half empty. Until then nothing is tried, at no cost in system calls.
 */
import type { Socket } from 'node:dgram';
import { SendKind } from '@causeway/media';
import { refusalOfError } from './send-counters.ts';
import type { SocketPath } from './socket-path.ts';
import type { Uplink } from './uplink.ts';

/** What may wait for one socket, so that others have some room, too. */
const MAX_WAITING_DATAGRAMS = 2_048;
/** A picture that is later than this is skipped by receivers; sound is worth having for longer. */
const MAX_VIDEO_AGE_MS = 100;
const MAX_AGE_MS = 1_000;

interface WaitingDatagram {
  readonly path: SocketPath;
  /** Begins with a copy, which libuv may keep. */
  readonly place: Buffer;
  readonly length: number;
  readonly kind: SendKind;
  readonly sinceMs: number;
}

export class Outlet {
  /** Whether datagrams go out at once: nothing waits, here or in libuv. */
  isClear = true;
  readonly #socket: Socket;
  readonly #isConnected: boolean;
  readonly #uplink: Uplink;
  /** Audio, RTCP, STUN and DTLS leave before video. */
  #urgent: WaitingDatagram[] = [];
  #video: WaitingDatagram[] = [];

  /** @param isConnected whether the socket knows where to send to; otherwise each datagram's path says so */
  constructor(socket: Socket, isConnected: boolean, uplink: Uplink) {
    this.#socket = socket;
    this.#isConnected = isConnected;
    this.#uplink = uplink;
  }

  /** Bytes that libuv holds; 0 once the socket is closed. */
  get bytesInSocket(): number {
    try {
      return this.#socket.getSendQueueSize();
    } catch {
      return 0;
    }
  }

  /** Sends a datagram, or has it wait, or throws it away. The bytes are the caller's again when this returns. */
  send(path: SocketPath, bytes: Uint8Array, offset: number, length: number, kind: SendKind): void {
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

  /** Has a datagram wait until the socket has room, if it may. */
  hold(path: SocketPath, bytes: Uint8Array, offset: number, length: number, kind: SendKind): void {
    if (!this.#admits(kind)) {
      this.#uplink.lose(path, kind);
      return;
    }
    const place = this.#uplink.enter(length);
    place.set(bytes.subarray(offset, offset + length));
    (kind === SendKind.Video ? this.#video : this.#urgent).push({ path, place, length, kind, sinceMs: this.#uplink.nowMs() });
    this.#becomeFull();
  }

  /** Sends what waits, until the socket is full again. @returns whether it is clear now */
  drain(): boolean {
    if (this.isClear) return true;
    if (this.#holdsOne() || !this.#drain(this.#urgent, MAX_AGE_MS) || !this.#drain(this.#video, MAX_VIDEO_AGE_MS)) return false;
    this.isClear = true;
    return true;
  }

  /** Nothing that waits goes to this path any more. */
  forget(path: SocketPath): void {
    if (this.isClear) return;
    this.#urgent = this.#urgent.filter((waiting) => waiting.path !== path || this.#abandon(waiting));
    this.#video = this.#video.filter((waiting) => waiting.path !== path || this.#abandon(waiting));
  }

  /** To be called when the socket is closed. */
  close(): void {
    for (const waiting of this.#urgent) this.#abandon(waiting);
    for (const waiting of this.#video) this.#abandon(waiting);
    this.#urgent = [];
    this.#video = [];
    this.#uplink.forget(this);
  }

  /** Whether a datagram may wait. Video makes room for what is more urgent. */
  #admits(kind: SendKind): boolean {
    const most = kind === SendKind.Video ? MAX_WAITING_DATAGRAMS / 2 : MAX_WAITING_DATAGRAMS;
    while (this.#urgent.length + this.#video.length >= most || !this.#uplink.hasRoomFor(kind)) {
      const evicted = kind === SendKind.Video ? undefined : this.#video.shift();
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
    this.#uplink.leave(length, place);
    this.#uplink.lose(path, kind);
    return false;
  }

  /** Gives a datagram to the socket. @returns whether libuv has kept the memory, because the system did not take it at once */
  #isKept({ remotePort, remoteAddress }: SocketPath, memory: Buffer, length: number, kind: SendKind): boolean {
    // To be told of each packet of media costs a tenth of sending it; what refuses those refuses the others too.
    const onResult = kind >= SendKind.Rtcp ? this.#uplink.onSendResult : undefined;
    try {
      if (this.#isConnected) this.#socket.send(memory, 0, length, onResult);
      else this.#socket.send(memory, 0, length, remotePort, remoteAddress, onResult);
      return this.#holdsOne();
    } catch (error) {
      this.#uplink.refuse(refusalOfError(error));
      return false;
    }
  }

  #holdsOne(): boolean {
    try {
      return this.#socket.getSendQueueCount() > 0;
    } catch {
      // Closed: it holds nothing.
      return false;
    }
  }
}
