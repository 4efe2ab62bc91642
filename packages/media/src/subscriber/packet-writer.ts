/**
 * Writes a forwarded packet as one subscriber receives it, with its own header, the MID, and forwarded extensions under the subscriber's
 * ids. The payload is copied once, straight into the memory that it is sent from.
 *
 * @see RFC 3550 §5.1, RFC 8285 §4, RFC 4588 §4
 */
import {
  DEPENDENCY_DESCRIPTOR_URI,
  MID_URI,
  PLAYOUT_DELAY_URI,
  type RtpExtensionWriter,
  TRANSPORT_SEQUENCE_LENGTH,
  TRANSPORT_WIDE_CC_URI,
  writePadding,
  writeRtpHeader,
} from '@causeway/wire';
import { SendKind } from '../demux/path.ts';
import type { SubscriberTrackPlan } from '../plan.ts';
import { FORWARDED_EXTENSION_URIS, type ForwardedPacket, forwardedExtensionIds } from '../router/track-router.ts';
import type { PacketArena } from '../secure-endpoint.ts';
import type { LayerFilter } from './layer-filter.ts';
import { MIN_DESCRIPTOR_LENGTH } from './picture-numbers.ts';
import type { Redundancy } from './redundancy.ts';

/** Space for the fixed header, the extension block without forwarded extensions, RTX's two bytes, and what `secure` appends to a packet. */
const RESERVED_BYTES = 112;
const MAX_ONE_BYTE_ID = 14;
const SSRC_OFFSET = 8;
/** This many characters fit into a small integer, for which V8 allocates no object. */
const MAX_PACKED_CHARACTERS = 3;
const DEPENDENCY_DESCRIPTOR_KIND = FORWARDED_EXTENSION_URIS.indexOf(DEPENDENCY_DESCRIPTOR_URI);
const PLAYOUT_DELAY_KIND = FORWARDED_EXTENSION_URIS.indexOf(PLAYOUT_DELAY_URI);

export class PacketWriter {
  readonly #arena: PacketArena;
  readonly #extensions: RtpExtensionWriter;
  /**
   * ASCII with the first character in the lowest byte, if it fits. A number is stored in this object, whereas a string is elsewhere in
   * memory.
   */
  readonly #packedMid: number;
  readonly #midLength: number;
  readonly #midId: number;
  #transportSequenceId = 0;
  readonly #forwardedIds: Uint8Array;
  /** Ids above 14 require the two-byte form (RFC 8285 §4.2). */
  #hasTwoByteIds = false;
  /** Replaces the publisher's value in every packet, if the receiver has negotiated the extension. */
  playoutDelay: Uint8Array | undefined = undefined;
  /** Decides which layers are dropped, and so which packet ends a picture; undefined while none ever were dropped. */
  filter: LayerFilter | undefined = undefined;
  /** Where the last written packet starts in the arena. */
  offset = 0;
  /** Length of the fixed header and extensions of the last written packet. */
  headerLength = 0;
  length = 0;
  /** Where the dependency descriptor of that packet starts in the arena; -1 if it has none. */
  descriptorOffset = -1;
  /** See `WrittenPacket`. */
  transportSequenceOffset = 0;
  readonly kind: SendKind;
  #isReportedByStream = false;
  /** The bandwidth probe that the last written packet is part of; 0 for none. */
  probe = 0;
  readonly #mid: string;

  /** @param extensions shared by all writers of an engine */
  constructor(arena: PacketArena, extensions: RtpExtensionWriter, plan: SubscriberTrackPlan) {
    this.#arena = arena;
    this.#extensions = extensions;
    this.#midId = plan.extensions.find(({ uri }) => uri === MID_URI)?.id ?? 0;
    this.kind = plan.kind === 'audio' ? SendKind.Audio : SendKind.Video;
    this.#mid = plan.mid;
    this.#midLength = plan.mid.length;
    this.#packedMid = plan.mid.length > MAX_PACKED_CHARACTERS ? 0 : pack(plan.mid);
    this.#forwardedIds = forwardedExtensionIds(plan.extensions);
    this.followReports(plan);
    this.#chooseForm();
  }

  /** Adapts to what the peer has agreed to report on. All other extensions stay. @returns whether anything has changed */
  followReports({ isReportedByStream = false, extensions }: SubscriberTrackPlan): boolean {
    const transportSequenceId = isReportedByStream ? 0 : (extensions.find(({ uri }) => uri === TRANSPORT_WIDE_CC_URI)?.id ?? 0);
    if (isReportedByStream === this.#isReportedByStream && transportSequenceId === this.#transportSequenceId) return false;
    this.#isReportedByStream = isReportedByStream;
    this.#transportSequenceId = transportSequenceId;
    this.transportSequenceOffset = 0;
    this.#chooseForm();
    return true;
  }

  #chooseForm(): void {
    const ownId = Math.max(this.#midId, this.#transportSequenceId);
    this.#hasTwoByteIds = ownId > MAX_ONE_BYTE_ID || this.#forwardedIds.some((id) => id > MAX_ONE_BYTE_ID);
  }

  /** Whether the peer reports which packets of the stream it has received. They are numbered then, but do not carry their numbers. */
  get isReportedByStream(): boolean {
    return this.#isReportedByStream;
  }

  /** Whether packets get transport-wide sequence numbers, so that the peer's reports tell what happened to them. */
  get isNumbered(): boolean {
    return this.carriesNumbers || this.isReportedByStream;
  }

  /** Whether packets carry their numbers. If they do, a packet that is sent twice has different headers. */
  get carriesNumbers(): boolean {
    return this.#transportSequenceId !== 0;
  }

  /** Whether a packet that is written again later may have another header: another number, or the mark of the last packet of a picture. */
  get variesHeaders(): boolean {
    return this.carriesNumbers || this.filter !== undefined;
  }

  /** Where the payload of the last written packet starts in the arena. */
  get payloadOffset(): number {
    return this.offset + this.headerLength;
  }

  /** Reads fields of this object near both of its ends, to warm the cache. */
  prefetch(): number {
    return this.#midId ^ this.length;
  }

  /** @param extraBytes to be added to the payload */
  fits(packet: ForwardedPacket, extraBytes = 0): boolean {
    const length = packet.extensionBytes + this.#midLength + packet.payload.length + extraBytes;
    return length + RESERVED_BYTES <= this.#arena.slotSizeBytes;
  }

  /** Writes the packet into a new slot. `offset`, `headerLength` and `length` then describe it. */
  write(packet: ForwardedPacket, payloadType: number, sequence: number, timestamp: number, ssrc: number): void {
    this.#writeHeader(packet, payloadType, sequence, timestamp, ssrc);
    this.#arena.bytes.set(packet.payload, this.offset + this.headerLength);
    this.length = this.headerLength + packet.payload.length;
  }

  /** Writes the packet with the earlier ones that were collected. */
  writeRed(packet: ForwardedPacket, redundancy: Redundancy, sequence: number, timestamp: number, ssrc: number): void {
    this.#writeHeader(packet, redundancy.payloadType, sequence, timestamp, ssrc);
    this.length = redundancy.write(this.#arena.bytes, this.payloadOffset, packet.payload) - this.offset;
  }

  /** Writes the packet as a retransmission, with the original sequence number in front of the payload. */
  writeRtx(
    packet: ForwardedPacket,
    payloadType: number,
    sequence: number,
    timestamp: number,
    ssrc: number,
    originalSequence: number,
  ): void {
    this.#writeHeader(packet, payloadType, sequence, timestamp, ssrc);
    const start = this.offset + this.headerLength;
    this.#arena.bytes[start] = (originalSequence >> 8) & 0xff;
    this.#arena.bytes[start + 1] = originalSequence & 0xff;
    this.#arena.bytes.set(packet.payload, start + 2);
    this.length = this.headerLength + 2 + packet.payload.length;
  }

  /** Writes a packet of padding only, which serves to fill the path. */
  writePadding(payloadType: number, sequence: number, timestamp: number, ssrc: number, paddingLength: number): void {
    const { bytes } = this.#arena;
    this.#beginHeader(false, payloadType, sequence, timestamp, ssrc, this.#hasTwoByteIds);
    this.headerLength = this.#extensions.end() - this.offset;
    const end = writePadding(bytes, this.offset, this.payloadOffset, paddingLength);
    this.length = end - this.offset;
  }

  #writeHeader(packet: ForwardedPacket, payloadType: number, sequence: number, timestamp: number, ssrc: number): void {
    const { bytes } = this.#arena;
    const hasTwoByteForm = this.#hasTwoByteIds || packet.needsTwoByteForm;
    const marker = packet.marker || this.filter?.endsPicture(packet) === true;
    this.#beginHeader(marker, payloadType, sequence, timestamp, ssrc, hasTwoByteForm);
    this.descriptorOffset = -1;
    if (packet.extensionBytes > 0) this.#addForwarded(packet, bytes);
    if (this.playoutDelay !== undefined) this.#addPlayoutDelay(this.playoutDelay);
    this.headerLength = this.#extensions.end() - this.offset;
  }

  /** Takes a new slot, and writes the parts that every packet of the stream has. */
  #beginHeader(marker: boolean, payloadType: number, sequence: number, timestamp: number, ssrc: number, hasTwoByteForm: boolean): void {
    const { bytes } = this.#arena;
    const start = this.#arena.takeSlot();
    this.offset = start;
    writeRtpHeader(bytes, start, marker, payloadType, sequence, timestamp, ssrc);
    this.#extensions.begin(bytes, start, hasTwoByteForm);
    if (this.#midId !== 0) this.#addMid(bytes);
    if (this.#transportSequenceId !== 0) this.#reserveTransportSequence();
    else if (this.isReportedByStream) this.transportSequenceOffset = start + SSRC_OFFSET;
  }

  #addMid(bytes: Uint8Array): void {
    const length = this.#midLength;
    const start = this.#extensions.reserve(this.#midId, length);
    if (start < 0) return;
    if (length > MAX_PACKED_CHARACTERS) for (let index = 0; index < length; index++) bytes[start + index] = this.#mid.charCodeAt(index);
    else for (let index = 0; index < length; index++) bytes[start + index] = this.#packedMid >> (8 * index);
  }

  #reserveTransportSequence(): void {
    const start = this.#extensions.reserve(this.#transportSequenceId, TRANSPORT_SEQUENCE_LENGTH);
    this.transportSequenceOffset = Math.max(0, start);
  }

  #addForwarded(packet: ForwardedPacket, bytes: Uint8Array): void {
    const ids = this.#forwardedIds;
    for (let kind = 0; kind < ids.length; kind++) {
      const length = packet.extensionLength[kind];
      if (kind === PLAYOUT_DELAY_KIND && this.playoutDelay !== undefined) continue;
      if (length === 0 || ids[kind] === 0) continue;
      const start = this.#extensions.reserve(ids[kind], length);
      if (start < 0) continue;
      const from = packet.extensionOffset[kind];
      for (let index = 0; index < length; index++) bytes[start + index] = packet.bytes[from + index];
      if (kind === DEPENDENCY_DESCRIPTOR_KIND && length >= MIN_DESCRIPTOR_LENGTH) this.descriptorOffset = start;
    }
  }

  #addPlayoutDelay(value: Uint8Array): void {
    const id = this.#forwardedIds[PLAYOUT_DELAY_KIND];
    if (id !== 0) this.#extensions.add(id, value, 0, value.length);
  }
}

function pack(text: string): number {
  let packed = 0;
  for (let index = 0; index < text.length; index++) packed |= text.charCodeAt(index) << (8 * index);
  return packed;
}
