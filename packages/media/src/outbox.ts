import { type DatagramSink, Path } from './demux/path.ts';
import { type DropCounters, DropReason } from './drop-reason.ts';
import type { OutboundStream, PacketArena, ProtectBatch } from './secure-endpoint.ts';
import type { TrafficCounters } from './traffic-counters.ts';

/** Where the packets of an outbox lie, and what is done to all of them before they are sent. */
export interface PacketProtection {
  readonly arena: PacketArena;
  protect(batch: ProtectBatch): void;
}

const NO_PATH = new Path('', 0);
const NO_STREAM: OutboundStream = { ssrc: 0 };

/**
 * What one turn of the event loop has to send. Packets wait here in plain text, in arena slots, until `flush` protects all
 * of them at once and hands them to the socket layer; datagrams that are ready as they are (STUN, DTLS) go out before them.
 */
export class Outbox implements ProtectBatch {
  readonly #protection: PacketProtection;
  readonly #sink: DatagramSink;
  readonly #drops: DropCounters;
  readonly #traffic: TrafficCounters;
  readonly #capacity: number;
  readonly #paths: Path[];
  readonly #datagramPaths: Path[] = [];
  readonly #datagrams: Uint8Array[] = [];

  count = 0;
  readonly streams: OutboundStream[];
  readonly offset: Uint32Array;
  readonly headerLength: Uint16Array;
  readonly plainLength: Uint16Array;
  readonly packetIndex: Float64Array;
  readonly isRtcp: Uint8Array;
  readonly protectedLength: Uint16Array;

  /** @param capacity how many packets wait at most before they are sent without waiting for `flush` */
  constructor(protection: PacketProtection, capacity: number, sink: DatagramSink, drops: DropCounters, traffic: TrafficCounters) {
    this.#protection = protection;
    this.#sink = sink;
    this.#drops = drops;
    this.#traffic = traffic;
    this.#capacity = capacity;
    this.#paths = new Array<Path>(capacity).fill(NO_PATH);
    this.streams = new Array<OutboundStream>(capacity).fill(NO_STREAM);
    this.offset = new Uint32Array(capacity);
    this.headerLength = new Uint16Array(capacity);
    this.plainLength = new Uint16Array(capacity);
    this.packetIndex = new Float64Array(capacity);
    this.isRtcp = new Uint8Array(capacity);
    this.protectedLength = new Uint16Array(capacity);
  }

  get arena(): PacketArena {
    return this.#protection.arena;
  }

  get isEmpty(): boolean {
    return this.count === 0 && this.#datagrams.length === 0;
  }

  /** How many packets and datagrams wait. */
  get size(): number {
    return this.count + this.#datagrams.length;
  }

  /** Adds a datagram that is sent as it is; the outbox keeps the bytes. */
  addDatagram(path: Path, bytes: Uint8Array): void {
    this.#datagramPaths.push(path);
    this.#datagrams.push(bytes);
  }

  /** Adds an RTP packet written at `offset` of the arena. */
  addRtp(path: Path, stream: OutboundStream, offset: number, headerLength: number, length: number, packetIndex: number): void {
    this.#addRow(path, stream, offset, headerLength, length, packetIndex, 0);
  }

  /** Adds a compound RTCP packet written at `offset` of the arena. */
  addRtcp(path: Path, stream: OutboundStream, offset: number, length: number): void {
    this.#addRow(path, stream, offset, 8, length, 0, 1);
  }

  /** Protects and sends everything that waits. */
  flush(): void {
    this.#flushDatagrams();
    if (this.count === 0) return;
    this.#protection.protect(this);
    const bytes = this.#protection.arena.bytes;
    let rtpPackets = 0;
    let rtpBytes = 0;
    for (let row = 0; row < this.count; row++) {
      const length = this.protectedLength[row];
      if (length === 0) {
        this.#drops.increment(DropReason.SendNotReady);
        continue;
      }
      this.#sink.queue(this.#paths[row], bytes, this.offset[row], length);
      if (this.isRtcp[row] === 1) continue;
      rtpPackets++;
      rtpBytes += length;
    }
    this.#sink.sendQueued();
    this.#traffic.rtpPacketsSent += rtpPackets;
    this.#traffic.rtpBytesSent += rtpBytes;
    this.count = 0;
  }

  /** A peer has gone: rows that were sent long ago must not keep it alive until their places are needed again. */
  forgetSent(): void {
    this.#paths.fill(NO_PATH, this.count);
    this.streams.fill(NO_STREAM, this.count);
  }

  #flushDatagrams(): void {
    if (this.#datagrams.length === 0) return;
    for (let index = 0; index < this.#datagrams.length; index++) {
      const bytes = this.#datagrams[index];
      this.#sink.send(this.#datagramPaths[index], bytes, 0, bytes.length);
    }
    this.#datagrams.length = 0;
    this.#datagramPaths.length = 0;
  }

  #addRow(path: Path, stream: OutboundStream, offset: number, headerLength: number, length: number, index: number, isRtcp: 0 | 1): void {
    if (this.count === this.#capacity) this.flush();
    const row = this.count++;
    this.#paths[row] = path;
    this.streams[row] = stream;
    this.offset[row] = offset;
    this.headerLength[row] = headerLength;
    this.plainLength[row] = length;
    this.packetIndex[row] = index;
    this.isRtcp[row] = isRtcp;
  }
}
