/**
 * The data channels of one peer. The SCTP association begins with the peer's first packet, or with the first channel that we open; a
 * peer without data channels costs nothing.
 *
 * @see RFC 8831, RFC 8832
 */
import type { DataChannelInfo, DataChannelRequest } from '@causeway/media';
import { parseDcep, writeDcepAck, writeDcepOpen } from './dcep.ts';
import { SctpAssociation } from './sctp-association.ts';
import type { SctpCounters } from './sctp-counters.ts';
import { fencePacket, MAX_STREAMS } from './sctp-fence.ts';
import { loadSctp, type SctpFactory } from './werift-sctp.ts';

export interface DataChannelsListener {
  onPacket(packet: Uint8Array): void;
  onOpened(channel: DataChannelInfo): void;
  onClosed(streamId: number): void;
  onMessage(streamId: number, data: Uint8Array | string): void;
  onAborted(): void;
}

interface Channel {
  readonly info: DataChannelInfo;
  /** `closed`: its end was announced, but the stream id is not free before both directions are reset. */
  state: 'waiting' | 'open' | 'closing' | 'closed';
  /** How many resets are still to come that belong to the channel which had the stream before. */
  staleResets: number;
}

/** Payload protocol identifiers (RFC 8831 §8). Empty messages have their own, since SCTP cannot carry them. */
const Ppid = { dcep: 50, string: 51, binary: 53, emptyString: 56, emptyBinary: 57 } as const;

const MAX_EARLY_PACKETS = 8;
const MAX_CHANNELS = 256;
const MAX_MESSAGE_BYTES = 262_144;

export class DataChannels {
  readonly #role: 'server' | 'client';
  readonly #listener: DataChannelsListener;
  readonly #counters: SctpCounters;
  readonly #channels = new Map<number, Channel>();
  #association: SctpAssociation | undefined;
  /** Packets that wait for the association to be made. */
  #early: Buffer[] = [];
  #isAssociating = false;
  #isClosed = false;

  constructor(role: 'server' | 'client', listener: DataChannelsListener, counters: SctpCounters) {
    this.#role = role;
    this.#listener = listener;
    this.#counters = counters;
  }

  get channelCount(): number {
    return this.#channels.size;
  }

  /** Whether there is an association; it ends with the endpoint. */
  get hasAssociation(): boolean {
    return this.#association !== undefined;
  }

  handlePacket(packet: Uint8Array): void {
    if (this.#isClosed) return;
    if (this.#association !== undefined) {
      if (this.#mustYield(this.#association, packet)) this.#answerInstead(this.#association, packet);
      else this.#association.handlePacket(packet);
    } else if (this.#early.length > 0 || isInit(packet)) {
      if (this.#early.length < MAX_EARLY_PACKETS) this.#early.push(Buffer.from(packet));
      this.#associate();
    } else {
      // Only a peer that wants to begin is worth an association.
      this.#counters.malformedPackets++;
    }
  }

  /** @returns the stream id; undefined when there are no more */
  open(request: DataChannelRequest): number | undefined {
    if (this.#isClosed || this.#channels.size >= MAX_CHANNELS) return undefined;
    const streamId = this.#freeStreamId();
    if (streamId === undefined) return undefined;
    const { label, protocol = '', ordered = true, maxRetransmits, maxPacketLifeTimeMs } = request;
    const info = { streamId, label, protocol, ordered, maxRetransmits, maxPacketLifeTimeMs };
    const channel: Channel = { info, state: 'waiting', staleResets: 0 };
    this.#channels.set(streamId, channel);
    if (this.#association === undefined) this.#associate();
    if (this.#association?.isEstablished === true) this.#announce(channel);
    return streamId;
  }

  send(streamId: number, data: Uint8Array | string): boolean {
    const channel = this.#channels.get(streamId);
    if (channel?.state !== 'open' || this.#association === undefined) return false;
    const isText = typeof data === 'string';
    // A copy, because SCTP keeps it until it has arrived.
    const bytes = isText ? Buffer.from(data, 'utf8') : Buffer.from(data);
    if (bytes.length > MAX_MESSAGE_BYTES) return false;
    const isOrdered = channel.info.ordered;
    if (bytes.length > 0) {
      return this.#association.send({ streamId, protocolId: isText ? Ppid.string : Ppid.binary, data: bytes, isOrdered });
    }
    return this.#association.send({ streamId, protocolId: isText ? Ppid.emptyString : Ppid.emptyBinary, data: Buffer.of(0), isOrdered });
  }

  closeChannel(streamId: number): void {
    const channel = this.#channels.get(streamId);
    if (channel?.state !== 'open' && channel?.state !== 'waiting') return;
    channel.state = 'closing';
    this.#association?.resetStream(streamId);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#early = [];
    this.#association?.close();
    this.#channels.clear();
  }

  #associate(): void {
    if (this.#isAssociating) return;
    this.#isAssociating = true;
    loadSctp().then(
      (createSctp) => this.#begin(createSctp),
      () => this.#handleAbort(),
    );
  }

  /** Two that begin at once would each wait for the other: the DTLS server takes its INIT back (RFC 9260 §5.2.1 lets both stand). */
  #mustYield(association: SctpAssociation, packet: Uint8Array): boolean {
    return association.isUnanswered && this.#role === 'server' && isInit(packet);
  }

  #answerInstead(association: SctpAssociation, packet: Uint8Array): void {
    association.close();
    this.#association = undefined;
    this.#early.push(Buffer.from(packet));
    this.#isAssociating = false;
    this.#associate();
  }

  #begin(createSctp: SctpFactory): void {
    if (this.#isClosed) return;
    // The peer has begun, if anything has come.
    const association = new SctpAssociation(
      createSctp,
      this.#early.length === 0,
      {
        onPacket: (packet) => this.#listener.onPacket(packet),
        onEstablished: () => {
          for (const channel of this.#channels.values()) if (channel.state === 'waiting') this.#announce(channel);
        },
        onMessage: (streamId, protocolId, data) => this.#handleMessage(streamId, protocolId, data),
        onStreamsReset: (streamIds) => this.#handleReset(streamIds),
        onAborted: () => this.#handleAbort(),
      },
      this.#counters,
    );
    this.#association = association;
    for (const packet of this.#early.splice(0)) association.handlePacket(packet);
  }

  #announce({ info }: Channel): void {
    this.#association?.send({ streamId: info.streamId, protocolId: Ppid.dcep, data: writeDcepOpen(info), isOrdered: true });
  }

  #handleMessage(streamId: number, protocolId: number, data: Buffer): void {
    if (this.#isClosed) return;
    if (protocolId === Ppid.dcep) {
      this.#handleDcep(streamId, data);
      return;
    }
    const message = decode(protocolId, data);
    const channel = this.#channels.get(streamId);
    // What was under way when we closed the channel is nobody's fault.
    if (channel?.state === 'closing' || channel?.state === 'closed') return;
    if (channel?.state !== 'open' || message === undefined || data.length > MAX_MESSAGE_BYTES) {
      this.#counters.strayMessages++;
      return;
    }
    this.#listener.onMessage(streamId, message);
  }

  #handleDcep(streamId: number, data: Buffer): void {
    const message = parseDcep(streamId, data);
    const known = this.#channels.get(streamId);
    if (message?.kind === 'ack') {
      if (known?.state === 'waiting') this.#becomeOpen(known);
    } else if (message === undefined || !this.#isFree(known) || this.#channels.size >= MAX_CHANNELS || !this.#isPeersId(streamId)) {
      this.#counters.refusedChannels++;
      // With no channel of ours on it, the stream is closed in the peer's face.
      if (known === undefined) this.#association?.resetStream(streamId);
    } else {
      const channel: Channel = { info: message.channel, state: 'open', staleResets: known === undefined ? 0 : 1 };
      this.#channels.set(streamId, channel);
      this.#association?.send({ streamId, protocolId: Ppid.dcep, data: writeDcepAck(), isOrdered: true });
      this.#listener.onOpened(channel.info);
    }
  }

  /** The peer may know a stream to be free before we do: the last confirmation can be overtaken by the next channel. */
  #isFree(channel: Channel | undefined): boolean {
    return channel === undefined || channel.state === 'closed';
  }

  #becomeOpen(channel: Channel): void {
    channel.state = 'open';
    this.#listener.onOpened(channel.info);
  }

  /** Comes twice for each channel: when the peer resets its direction, and when it confirms that we have reset ours. */
  #handleReset(streamIds: readonly number[]): void {
    for (const streamId of streamIds) {
      const channel = this.#channels.get(streamId);
      if (channel === undefined || this.#isClosed) continue;
      if (channel.staleResets > 0) {
        channel.staleResets--;
      } else if (channel.state === 'closed') {
        this.#channels.delete(streamId);
      } else {
        if (channel.state !== 'closing') this.#association?.resetStream(streamId);
        channel.state = 'closed';
        this.#listener.onClosed(streamId);
      }
    }
  }

  #handleAbort(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#channels.clear();
    this.#listener.onAborted();
  }

  /** The DTLS client opens even streams, the server odd ones (RFC 8832 §6). */
  #isPeersId(streamId: number): boolean {
    return (streamId % 2 === 0) === (this.#role === 'server');
  }

  #freeStreamId(): number | undefined {
    for (let id = this.#role === 'server' ? 1 : 0; id < MAX_STREAMS; id += 2) if (!this.#channels.has(id)) return id;
    return undefined;
  }
}

function isInit(packet: Uint8Array): boolean {
  return fencePacket(Buffer.from(packet))?.isInit === true;
}

function decode(protocolId: number, data: Buffer): Uint8Array | string | undefined {
  switch (protocolId) {
    case Ppid.string:
      return data.toString('utf8');
    case Ppid.emptyString:
      return '';
    case Ppid.binary:
      return data;
    case Ppid.emptyBinary:
      return new Uint8Array(0);
    default:
      return undefined;
  }
}
