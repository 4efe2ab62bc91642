/**
 * One SCTP association, run by werift behind a fence: packets are checked before it sees them and given to it one after
 * another, and none of its promises is left alone.
 *
 * @see RFC 8831, docs/adr/0004-werift-behind-secure.md
 */
import type { SctpCounters } from './sctp-counters.ts';
import { fencePacket, MAX_STREAMS } from './sctp-fence.ts';
import { type Reception, receivablePart } from './sctp-reception.ts';
import { SCTP_PORT, type SctpFactory, type WeriftSctp } from './werift-sctp.ts';

export interface SctpListener {
  onPacket(packet: Uint8Array): void;
  onEstablished(): void;
  onMessage(streamId: number, protocolId: number, data: Buffer): void;
  /** The peer has reset its side of these streams, or confirmed that we have reset ours. */
  onStreamsReset(streamIds: readonly number[]): void;
  /** The peer aborted or shut down the association. */
  onAborted(): void;
}

export interface SctpMessage {
  readonly streamId: number;
  /** Payload protocol identifier (RFC 8831 §8). */
  readonly protocolId: number;
  readonly data: Buffer;
  readonly isOrdered: boolean;
}

/** Packets that wait while werift is busy with one. */
const MAX_QUEUED_PACKETS = 512;
/** Chunks of about 1,150 bytes that wait for the peer's window, some 4 MB: what a node tells another when a link comes up. */
const MAX_QUEUED_CHUNKS = 4_096;
/** How far a peer may exceed the window we gave it, in bytes, before its data is dropped. */
const WINDOW_TOLERANCE_BYTES = 65_536;
const COOKIE_WAIT = 2;
const ESTABLISHED = 4;
/** RFC 9260 §16; werift waits three seconds before it repeats an INIT, and a link waits for its first message with it. */
const INITIAL_RTO_S = 1;

/** What werift keeps to itself and a fence needs. */
interface WeriftInternals extends Reception {
  rto: number;
  /** What is left of the window we gave the peer. */
  readonly advertisedRwnd: number;
  /** Happens with every transmission; `send` waits for it again and again until nothing is queued. */
  readonly flush: { asPromise: () => Promise<unknown> };
  /** Its own way in swallows the promise, and with it what went wrong. */
  handleData(packet: Buffer): Promise<void>;
}

export class SctpAssociation {
  readonly #listener: SctpListener;
  readonly #counters: SctpCounters;
  readonly #sctp: WeriftSctp;
  readonly #internals: WeriftInternals;
  readonly #queue: Buffer[] = [];
  #isBusy = false;
  #isClosed = false;

  /** @param begins whether we send the INIT, or answer that of the peer */
  constructor(createSctp: SctpFactory, begins: boolean, listener: SctpListener, counters: SctpCounters) {
    this.#listener = listener;
    this.#counters = counters;
    this.#sctp = createSctp((packet) => {
      if (!this.#isClosed) listener.onPacket(packet);
    });
    this.#internals = this.#sctp as unknown as WeriftInternals;
    this.#internals.rto = INITIAL_RTO_S;
    // Nobody here needs to know when all has left, and a thousand messages that are woken with every packet stop the thread for seconds.
    this.#internals.flush.asPromise = () => new Promise(() => {});
    this.#sctp.isServer = !begins;
    this.#sctp._inboundStreamsMax = MAX_STREAMS;
    this.#sctp.onReceive.subscribe((streamId, protocolId, data) => {
      if (!this.#isClosed) listener.onMessage(streamId, protocolId, data);
    });
    this.#sctp.onReconfigStreams.subscribe((streamIds) => {
      if (!this.#isClosed) listener.onStreamsReset(streamIds);
    });
    this.#sctp.stateChanged.connected.subscribe(() => {
      if (!this.#isClosed) listener.onEstablished();
    });
    this.#sctp.stateChanged.closed.subscribe(() => this.#handleAbort());
    this.#settle(this.#sctp.start(SCTP_PORT));
  }

  get isEstablished(): boolean {
    return this.#sctp.associationState === ESTABLISHED;
  }

  /** We have sent an INIT, and nobody has answered it. */
  get isUnanswered(): boolean {
    return this.#sctp.associationState === COOKIE_WAIT;
  }

  /** Takes one packet from the peer, whatever it may be. */
  handlePacket(data: Uint8Array): void {
    // A copy: werift keeps slices of what it is given.
    const packet = Buffer.from(data);
    const fenced = fencePacket(packet);
    if (fenced === undefined) {
      this.#counters.malformedPackets++;
      return;
    }
    // A peer that begins anew while its channels are open has no place in WebRTC.
    if (fenced.isInit && this.isEstablished) return;
    const isOverWindow = fenced.hasData && this.#internals.advertisedRwnd < -WINDOW_TOLERANCE_BYTES;
    if (isOverWindow || this.#queue.length >= MAX_QUEUED_PACKETS) {
      this.#counters.overflow++;
      return;
    }
    this.#queue.push(packet);
    if (!this.#isBusy) this.#settle(this.#drain());
  }

  /** @returns false when the association is not up or too much is waiting already */
  send({ streamId, protocolId, data, isOrdered }: SctpMessage): boolean {
    if (!this.isEstablished || this.#isClosed || this.#sctp.outboundQueue.length >= MAX_QUEUED_CHUNKS) return false;
    // Always reliable: werift gives up the wrong message when it gives one up (docs/adr/0004-werift-behind-secure.md).
    this.#settle(this.#sctp.send(streamId, protocolId, data, { ordered: isOrdered }));
    return true;
  }

  /** Closes our side of a stream, once what was sent on it has arrived. */
  resetStream(streamId: number): void {
    const { reconfigQueue, reconfigRequest } = this.#sctp;
    // werift answers a reset with one of its own; a second would hit the next channel on the same stream.
    if (this.#isClosed || reconfigQueue.includes(streamId) || reconfigRequest?.streams.includes(streamId)) return;
    reconfigQueue.push(streamId);
    this.#settle(this.#sctp.transmitReconfigRequest());
  }

  /** Tells the peer, stops all timers; the listener hears no more. */
  close(): void {
    if (this.#isClosed) return;
    const { isEstablished } = this;
    this.#queue.length = 0;
    if (!isEstablished) this.#isClosed = true;
    this.#settle(this.#sctp.stop());
    this.#isClosed = true;
  }

  async #drain(): Promise<void> {
    this.#isBusy = true;
    for (let packet = this.#queue.shift(); packet !== undefined && !this.#isClosed; packet = this.#queue.shift()) {
      const receivable = receivablePart(packet, this.#internals);
      if (receivable !== packet) this.#counters.overflow++;
      if (receivable === undefined) continue;
      try {
        await this.#internals.handleData(receivable);
      } catch {
        this.#counters.malformedPackets++;
      }
    }
    this.#isBusy = false;
  }

  #handleAbort(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listener.onAborted();
  }

  /** werift rejects promises for reasons that concern one packet or message only. */
  #settle(promise: Promise<unknown>): void {
    promise.catch(() => {
      this.#counters.malformedPackets++;
    });
  }
}
