import { Path, SendKind } from './demux/path.ts';
import { type DropCounters, DropReason } from './drop-reason.ts';
import type { OutboundStream, PacketArena, ProtectBatch } from './secure-endpoint.ts';
import type { EngineTime } from './timers.ts';
import type { TrafficCounters } from './traffic-counters.ts';

/** An RTP packet in a slot of the arena. */
export interface WrittenPacket {
  /** Where it starts in the arena. */
  readonly offset: number;
  /** Length of fixed header and extensions. */
  readonly headerLength: number;
  readonly length: number;
  readonly kind: SendKind;
  /** Where in the arena its transport-wide number belongs; 0 if it carries none. */
  readonly transportSequenceOffset: number;
  /** Which bandwidth probe it is part of, 1 … 255; 0 for none. */
  readonly probe: number;
}

/** Numbers packets transport-wide as they leave. */
export interface PacketStamper {
  /**
   * Writes the number of a packet that leaves now.
   *
   * @param time an object, because V8 would box a fraction for each call
   * @param offset where the number belongs in `bytes`
   * @param probe which bandwidth probe the packet is part of, 0 for none
   */
  stamp(time: Readonly<EngineTime>, bytes: Uint8Array, offset: number, plainLength: number, probe: number): void;
}

/** Where an outbox sends to: a `DatagramSink`, or its counterpart between threads. */
export interface OutboxSink<Bytes> {
  send(path: Path, datagram: Uint8Array): void;
  queue(path: Path, bytes: Bytes, offset: number, length: number, kind: SendKind): void;
  sendQueued(): void;
  discardQueued(): void;
}

/** @typeParam Bytes what protection turns the arena into, and the only thing the sink accepts */
export interface OutboxOptions<Bytes> {
  /** Where the packets lie. */
  readonly arena: Pick<PacketArena, 'bytes'>;
  readonly time: EngineTime;
  /** What is done to all packets of a flush before they are sent. */
  readonly protection: { protect(batch: ProtectBatch): Bytes };
  readonly sink: OutboxSink<Bytes>;
  /** How many packets wait at most before they are sent without waiting for `flush`. */
  readonly capacity: number;
  readonly drops: DropCounters;
  readonly traffic: TrafficCounters;
  /** A flush has thrown, and the rest of its packets is lost. */
  readonly onDefect: (error: unknown) => void;
}

const NO_PATH = new Path('', 0);
const NO_STREAM: OutboundStream = { ssrc: 0 };
const NO_STAMPER: PacketStamper = { stamp: () => undefined };
/** No packet starts at the beginning of the arena with a header extension. */
const NOT_STAMPED = 0;

/**
 * What one turn of the event loop has to send. Packets wait here in plain text, in arena slots,
 * until `flush` protects all of them at once and hands them to the sink. Datagrams that need no
 * protection leave with them from slots (`addSealed`), or before them (`addDatagram`).
 */
export class Outbox<Bytes> implements ProtectBatch {
  readonly #options: OutboxOptions<Bytes>;
  readonly #capacity: number;
  readonly #paths: Path[];
  readonly #kinds: Uint8Array;
  readonly #stampers: PacketStamper[];
  /** Where in the arena the row's transport-wide number belongs. */
  readonly #stampOffset: Uint32Array;
  readonly #probe: Uint8Array;
  readonly #datagramPaths: Path[] = [];
  readonly #datagrams: Uint8Array[] = [];
  readonly #sealedPaths: Path[] = [];
  readonly #sealedOffsets: number[] = [];
  readonly #sealedLengths: number[] = [];
  readonly #sealedKinds: SendKind[] = [];
  /** What was dropped after it was counted as sent, and is taken off what is sent next, so that no counter goes back. */
  readonly #unsent = { packets: 0, bytes: 0 };

  count = 0;
  readonly streams: OutboundStream[];
  readonly offset: Uint32Array;
  readonly headerLength: Uint16Array;
  readonly plainLength: Uint16Array;
  readonly packetIndex: Float64Array;
  readonly isRtcp: Uint8Array;
  readonly protectedLength: Uint16Array;

  constructor(options: OutboxOptions<Bytes>) {
    const { capacity } = options;
    this.#options = options;
    this.#capacity = capacity;
    this.#paths = new Array<Path>(capacity).fill(NO_PATH);
    this.#kinds = new Uint8Array(capacity);
    this.#stampers = new Array<PacketStamper>(capacity).fill(NO_STAMPER);
    this.#stampOffset = new Uint32Array(capacity);
    this.#probe = new Uint8Array(capacity);
    this.streams = new Array<OutboundStream>(capacity).fill(NO_STREAM);
    this.offset = new Uint32Array(capacity);
    this.headerLength = new Uint16Array(capacity);
    this.plainLength = new Uint16Array(capacity);
    this.packetIndex = new Float64Array(capacity);
    this.isRtcp = new Uint8Array(capacity);
    this.protectedLength = new Uint16Array(capacity);
  }

  get isEmpty(): boolean {
    return this.size === 0;
  }

  /** How many packets and datagrams wait. */
  get size(): number {
    return this.count + this.#datagrams.length + this.#sealedPaths.length;
  }

  /** Adds a datagram that is sent as it is; the outbox keeps the bytes. */
  addDatagram(path: Path, bytes: Uint8Array): void {
    this.#datagramPaths.push(path);
    this.#datagrams.push(bytes);
  }

  /**
   * Adds a datagram that needs no protection and lies in a slot of the arena: a DTLS record, a STUN
   * message. It leaves with the packets of its flush, in the same system call.
   */
  addSealed(path: Path, offset: number, length: number, kind: SendKind): void {
    this.#sealedPaths.push(path);
    this.#sealedOffsets.push(offset);
    this.#sealedLengths.push(length);
    this.#sealedKinds.push(kind);
  }

  /** Adds an RTP packet that was written into a slot of the arena. @param stamper gives it its transport-wide number when it leaves */
  addRtp(path: Path, stream: OutboundStream, packet: WrittenPacket, packetIndex: number, stamper: PacketStamper): void {
    const row = this.#addRow(path, stream, packet.offset, packet.headerLength, packet.length, packetIndex, packet.kind);
    this.#stampOffset[row] = packet.transportSequenceOffset;
    if (packet.transportSequenceOffset === NOT_STAMPED) return;
    this.#stampers[row] = stamper;
    this.#probe[row] = packet.probe;
  }

  /** Adds a compound RTCP packet written at `offset` of the arena. */
  addRtcp(path: Path, stream: OutboundStream, offset: number, length: number): void {
    const row = this.#addRow(path, stream, offset, 8, length, 0, SendKind.Rtcp);
    this.#stampOffset[row] = NOT_STAMPED;
  }

  /** A packet of media was dropped after it was counted as sent. */
  noteUnsent(length: number): void {
    this.#unsent.packets++;
    this.#unsent.bytes += length;
  }

  /** Protects and sends everything that waits. */
  flush(): void {
    if (this.isEmpty) return;
    const { protection, sink, drops, onDefect } = this.#options;
    try {
      this.#sendDatagrams();
      this.#stampRows();
      if (this.count > 0 || this.#sealedPaths.length > 0) this.#sendRows(protection.protect(this));
    } catch (error) {
      // It is not known which packets were sent. The others must not be sent later: their slots will
      // hold other packets, in plain text.
      sink.discardQueued();
      drops.increment(DropReason.Defect);
      onDefect(error);
    }
    this.count = 0;
    this.#datagrams.length = 0;
    this.#datagramPaths.length = 0;
    this.#sealedPaths.length = 0;
    this.#sealedOffsets.length = 0;
    this.#sealedLengths.length = 0;
    this.#sealedKinds.length = 0;
  }

  /**
   * A peer has gone: rows that were sent long ago must not keep it alive until their places are
   * needed again.
   */
  forgetSent(): void {
    this.#paths.fill(NO_PATH, this.count);
    this.streams.fill(NO_STREAM, this.count);
    this.#stampers.fill(NO_STAMPER, this.count);
  }

  /** Numbers are taken and times noted in the order in which packets leave. */
  #stampRows(): void {
    const { time, arena } = this.#options;
    for (let row = 0; row < this.count; row++) {
      const offset = this.#stampOffset[row];
      if (offset === NOT_STAMPED) continue;
      this.#stampers[row].stamp(time, arena.bytes, offset, this.plainLength[row], this.#probe[row]);
    }
  }

  #sendRows(bytes: Bytes): void {
    const { sink, drops, traffic } = this.#options;
    let rtpPackets = 0;
    let rtpBytes = 0;
    for (let index = 0; index < this.#sealedPaths.length; index++) {
      sink.queue(this.#sealedPaths[index], bytes, this.#sealedOffsets[index], this.#sealedLengths[index], this.#sealedKinds[index]);
    }
    for (let row = 0; row < this.count; row++) {
      const length = this.protectedLength[row];
      if (length === 0) {
        drops.increment(DropReason.SendNotReady);
        continue;
      }
      const kind = this.#kinds[row] as SendKind;
      sink.queue(this.#paths[row], bytes, this.offset[row], length, kind);
      if (kind === SendKind.Rtcp) continue;
      rtpPackets++;
      rtpBytes += length;
    }
    sink.sendQueued();
    traffic.rtpPacketsSent += rtpPackets - this.#settle('packets', rtpPackets);
    traffic.rtpBytesSent += rtpBytes - this.#settle('bytes', rtpBytes);
  }

  /** @returns how much of what is counted now makes up for what was counted and dropped */
  #settle(what: 'packets' | 'bytes', counted: number): number {
    const settled = Math.min(counted, this.#unsent[what]);
    this.#unsent[what] -= settled;
    return settled;
  }

  #sendDatagrams(): void {
    const { sink } = this.#options;
    for (let index = 0; index < this.#datagrams.length; index++) sink.send(this.#datagramPaths[index], this.#datagrams[index]);
  }

  #addRow(path: Path, stream: OutboundStream, offset: number, headerLength: number, length: number, index: number, kind: SendKind): number {
    if (this.count === this.#capacity) this.flush();
    const row = this.count++;
    this.#paths[row] = path;
    this.streams[row] = stream;
    this.offset[row] = offset;
    this.headerLength[row] = headerLength;
    this.plainLength[row] = length;
    this.packetIndex[row] = index;
    this.isRtcp[row] = kind === SendKind.Rtcp ? 1 : 0;
    this.#kinds[row] = kind;
    return row;
  }
}
