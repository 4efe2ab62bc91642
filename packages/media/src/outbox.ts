/** What one turn of the event loop has to send, and the slots in which it waits until then. */
import { Path, SendKind } from './demux/path.ts';
import { type DropCounters, DropReason } from './drop-reason.ts';
import type { OutboundStream, PacketArena, ProtectBatch } from './secure-endpoint.ts';
import type { TrafficCounters } from './statistics.ts';
import type { EngineTime } from './timers.ts';

/** An RTP packet in a slot of the arena. */
export interface WrittenPacket {
  /** Where the packet starts in the arena. */
  readonly offset: number;
  /** Length of the fixed header and extensions. */
  readonly headerLength: number;
  readonly length: number;
  readonly kind: SendKind;
  /**
   * Where in the arena its transport-wide sequence number goes; if the peer reports per stream, where its SSRC is; 0 if it has no number.
   */
  readonly transportSequenceOffset: number;
  /** Whether the peer reports per stream, so that the packet gets a number but does not carry it. */
  readonly isReportedByStream: boolean;
  /** The bandwidth probe that the packet is part of, 1 … 255; 0 for none. */
  readonly probe: number;
}

/** Assigns transport-wide sequence numbers to packets when they are sent. */
export interface PacketStamper {
  /**
   * Writes the number of a packet that is sent now.
   *
   * @param time an object, because V8 would box a fraction for each call
   * @param offset `WrittenPacket.transportSequenceOffset`
   * @param probe the bandwidth probe that the packet is part of, 0 for none
   */
  stamp(time: Readonly<EngineTime>, bytes: Uint8Array, offset: number, plainLength: number, probe: number): void;
}

/** Where an outbox sends packets: a `DatagramSink`, or its counterpart between threads. */
export interface OutboxSink<Bytes> {
  send(path: Path, datagram: Uint8Array): void;
  queue(path: Path, bytes: Bytes, offset: number, length: number, kind: SendKind): void;
  sendQueued(): void;
  discardQueued(): void;
}

/** @typeParam Bytes the result of protection, which is the only type that the sink accepts */
export interface OutboxOptions<Bytes> {
  /** The memory that holds the packets. */
  readonly arena: Pick<PacketArena, 'bytes'>;
  readonly time: EngineTime;
  /** Processes all packets of a flush before they are sent. */
  readonly protection: { protect(batch: ProtectBatch): Bytes };
  readonly sink: OutboxSink<Bytes>;
  /** How many packets can wait. If there are more, they are sent without waiting for `flush`. */
  readonly capacity: number;
  readonly drops: DropCounters;
  readonly traffic: TrafficCounters;
  /** Called when a flush has thrown, and the rest of its packets is lost. */
  readonly onDefect: (error: unknown) => void;
}

const NO_PATH = new Path('', 0);
const NO_STREAM: OutboundStream = { ssrc: 0 };
const NO_STAMPER: PacketStamper = { stamp: () => undefined };
/** No packet has a header extension at the very beginning of the arena, so this offset stands for none. */
const NOT_STAMPED = 0;

/**
 * What one turn of the event loop has to send. Packets wait here in plain text, in slots of the arena, until `flush` protects all of them
 * at once and hands them to the sink. Datagrams that need no protection are sent with them from slots (`addSealed`), or before them
 * (`addDatagram`).
 */
export class Outbox<Bytes> implements ProtectBatch {
  readonly #options: OutboxOptions<Bytes>;
  readonly #capacity: number;
  readonly #paths: Path[];
  readonly #kinds: Uint8Array;
  readonly #stampers: PacketStamper[];
  /** Where in the arena the transport-wide number of each row goes. */
  readonly #stampOffset: Uint32Array;
  readonly #probe: Uint8Array;
  readonly #datagramPaths: Path[] = [];
  readonly #datagrams: Uint8Array[] = [];
  readonly #sealedPaths: Path[] = [];
  readonly #sealedOffsets: number[] = [];
  readonly #sealedLengths: number[] = [];
  readonly #sealedKinds: SendKind[] = [];
  /**
   * Packets that were dropped after they were counted as sent. They are subtracted from what is sent next, so that no counter ever
   * decreases.
   */
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

  /** Number of waiting packets and datagrams. */
  get size(): number {
    return this.count + this.#datagrams.length + this.#sealedPaths.length;
  }

  /** Adds a datagram that is sent as it is. The outbox keeps the bytes. */
  addDatagram(path: Path, bytes: Uint8Array): void {
    this.#datagramPaths.push(path);
    this.#datagrams.push(bytes);
  }

  /**
   * Adds a datagram in a slot of the arena that needs no protection: a DTLS record or a STUN message. It is sent with the packets of its
   * flush, in the same system call.
   */
  addSealed(path: Path, offset: number, length: number, kind: SendKind): void {
    this.#sealedPaths.push(path);
    this.#sealedOffsets.push(offset);
    this.#sealedLengths.push(length);
    this.#sealedKinds.push(kind);
  }

  /** Adds an RTP packet that was written into a slot of the arena. @param stamper assigns its transport-wide number when it is sent */
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

  /** Records that a media packet was dropped after it was counted as sent. */
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
      // It is unknown which packets were sent. The others must not be sent later, because their slots will hold other packets, in plain
      // text.
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

  /** Clears the references in rows that were sent, so that they do not keep a closed peer in memory until the rows are used again. */
  forgetSent(): void {
    this.#paths.fill(NO_PATH, this.count);
    this.streams.fill(NO_STREAM, this.count);
    this.#stampers.fill(NO_STAMPER, this.count);
  }

  /** Assigns numbers and records times in the order in which packets are sent. */
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

  /** @returns how much of what is counted now was already counted for dropped packets */
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

/**
 * Takes slots of the arena's ring for the engine. Packets wait in their slots until a flush. If the ring came round to such a slot, one
 * peer's bytes would be sent to another. Everything that waits is therefore sent once half of the ring has been taken since the last flush,
 * whether or not the slots hold packets.
 */
export class SendSlots implements PacketArena {
  readonly bytes: Uint8Array;
  readonly slotSizeBytes: number;
  readonly slotCount: number;
  readonly #arena: PacketArena;
  readonly #outboxes: readonly { flush(): void }[];
  readonly #mostTaken: number;
  #taken = 0;

  /** @param outboxes hold every packet that waits in a slot */
  constructor(arena: PacketArena, outboxes: readonly { flush(): void }[]) {
    this.#arena = arena;
    this.bytes = arena.bytes;
    this.slotSizeBytes = arena.slotSizeBytes;
    this.slotCount = arena.slotCount;
    this.#mostTaken = arena.slotCount >> 1;
    this.#outboxes = outboxes;
  }

  takeSlot(): number {
    if (this.#taken === this.#mostTaken) this.flush();
    this.#taken++;
    return this.#arena.takeSlot();
  }

  /** Sends every packet that waits. */
  flush(): void {
    this.#taken = 0;
    for (let index = 0; index < this.#outboxes.length; index++) this.#outboxes[index].flush();
  }
}

/**
 * Sends a STUN message or a DTLS record as it is. It is copied into a slot, because datagrams in the arena are sent together in one system
 * call. A datagram longer than a slot is sent on its own.
 */
export function sendReady(
  { slots, outbox }: { readonly slots: PacketArena; readonly outbox: Pick<Outbox<unknown>, 'addDatagram' | 'addSealed'> },
  path: Path,
  datagram: Uint8Array,
  kind: SendKind,
): void {
  if (datagram.length > slots.slotSizeBytes) {
    outbox.addDatagram(path, datagram);
    return;
  }
  const offset = slots.takeSlot();
  slots.bytes.set(datagram, offset);
  outbox.addSealed(path, offset, datagram.length, kind);
}
