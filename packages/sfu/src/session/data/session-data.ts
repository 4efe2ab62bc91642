/**
 * The data channels of one session. Like its tracks, they change in one synchronous step, and then the engine, the
 * subscribers and the registry are updated.
 */
import type { DataChannelInfo } from '@causeway/media';
import { LIMITS } from '@causeway/protocol';
import { agreedData, type SctpPeer } from '../../negotiation/index.ts';
import { DataPlanApplier } from './apply-data-plan.ts';
import type { ChannelContext, DataOwner } from './channel-context.ts';
import type { DataMessage, HostedEnd, HostedListener } from './data-participant.ts';
import type { DataSubscription } from './data-records.ts';
import { DataReports } from './data-reports.ts';
import { PublishedChannels } from './published-channels.ts';
import { SubscribedChannels } from './subscribed-channels.ts';

const NONE_HELD: ReadonlySet<string> = new Set();

export class SessionData implements ChannelContext {
  readonly owner: DataOwner;
  readonly published = new PublishedChannels(this);
  readonly subscribed = new SubscribedChannels(this);
  readonly #applier: DataPlanApplier;
  #reports: DataReports | undefined = undefined;
  #streamIds: StreamIds | undefined = undefined;
  /** Listeners of this process's channels, by the id of the publication or subscription; undefined until there is one. */
  #listeners: Map<string, HostedListener> | undefined = undefined;
  #named = 0;
  /** Subscriptions that are sent nothing and may send nothing, whatever their client asked for. */
  #heldIds = NONE_HELD;
  #transportId: string | undefined = undefined;
  /** The peer as the engine knows it. */
  #peer: SctpPeer | undefined = undefined;
  #hasEnded = false;

  constructor(owner: DataOwner) {
    this.owner = owner;
    this.#applier = new DataPlanApplier(owner.parts.shard);
  }

  /** Called whenever the transport, or what the client has agreed to, may have changed; usually neither has. */
  follow(): void {
    const { negotiation } = this.owner;
    const isSame = negotiation.transport?.id === this.#transportId && agreedData(negotiation)?.peer === this.#peer;
    if (!isSame) this.sync();
  }

  /** Sends and accepts nothing for these subscriptions until it is called without them; they do not change otherwise. */
  hold(heldIds: ReadonlySet<string>): void {
    this.#heldIds = heldIds;
    this.sync();
  }

  /** Informs the engine of everything that it does not know yet. */
  sync(): void {
    if (this.#hasEnded) return;
    const { negotiation, appId, isHosted } = this.owner;
    const { transport } = negotiation;
    if (transport?.id !== this.#transportId) {
      this.#transportId = transport?.id;
      this.published.onTransportReplaced();
    }
    // Without a transport, the engine cannot carry channels.
    const isReady = isHosted || transport !== undefined;
    const agreed = agreedData(negotiation);
    this.#peer = agreed?.peer;
    this.#applier.apply({
      transport: { transportId: transport?.id, account: appId, sessionId: this.owner.id },
      agreed,
      publications: isReady ? this.published.all() : [],
      subscriptions: isReady ? this.subscribed.all().map((each) => this.#asHeld(each)) : [],
    });
  }

  /** Ends all channels, because the session and its transport have ended. */
  end(): void {
    this.published.end();
    this.subscribed.end();
    // A session of this process has no transport with which its channels would end.
    if (this.owner.isHosted) this.sync();
    this.#hasEnded = true;
  }

  onChannelOpened(transportId: string, channel: DataChannelInfo): void {
    if (transportId === this.owner.negotiation.transport?.id) this.published.onChannelOpened(channel);
  }

  /** Sets the listener of a channel of this process, until the channel closes. */
  listen(id: string, listener: HostedListener): void {
    this.#listeners ??= new Map();
    this.#listeners.set(id, listener);
  }

  /**
   * Delivers a message to this process.
   *
   * @param id of its subscription, or of the publication that a subscriber replies to
   */
  onReceived(id: string, message: DataMessage): void {
    this.#listeners?.get(id)?.onMessage(message);
  }

  /** A held subscriber may not reply either, nor send on a bus, because that goes to other sessions of the app. */
  #asHeld(subscription: DataSubscription): DataSubscription {
    return this.#heldIds.has(subscription.id) ? { ...subscription, isPaused: true, canReply: 'none', isMuted: true } : subscription;
  }

  // Implements `ChannelContext`.

  get reports(): DataReports {
    this.#reports ??= new DataReports(this.owner.appId, this.owner.id, this.owner.parts.onEvent);
    return this.#reports;
  }

  isFull(): boolean {
    return this.published.size + this.subscribed.size >= LIMITS.maxDataChannelsPerSession;
  }

  nextId(letter: 'd' | 'e'): string {
    return `${this.owner.id}/${letter}${this.#named++}`;
  }

  forget(id: string): void {
    this.#applier.forget(id);
  }

  silence(id: string, reason: HostedEnd): void {
    const listener = this.#listeners?.get(id);
    this.#listeners?.delete(id);
    listener?.onClosed(reason);
  }

  nextStreamId(): number | undefined {
    const used = new Set([...this.published.streamIds(), ...this.subscribed.all().map(({ streamId }) => streamId)]);
    this.#streamIds ??= new StreamIds();
    return this.#streamIds.next(this.owner.negotiation.transport?.dtlsRole ?? 'server', used);
  }
}

/** Browsers support at least 1,024 streams; higher ids may not exist. */
const MAX_STREAM_ID = 1_023;
/**
 * Lower ids are left to the peer while others are free. aiortc and werift derive their parity from the ICE role, not
 * the DTLS role, so that both ends would start with the same id, and a channel of the SFU would be mistaken for one of
 * theirs.
 */
const FIRST_STREAM_ID = 128;

/**
 * Chooses stream ids for channels that the SFU opens, or that both sides negotiate. They have the parity of the SFU's
 * DTLS role, so they never collide with an id chosen by a peer that follows RFC 8832 §6. They are used in turn, so a
 * stream that was just closed is reset at both ends before it is used again.
 */
export class StreamIds {
  #last = MAX_STREAM_ID;

  /** @returns undefined if all are in use */
  next(dtlsRole: 'server' | 'client', used: ReadonlySet<number>): number | undefined {
    const first = dtlsRole === 'server' ? 1 : 0;
    const after = this.#last - (this.#last % 2) + 2;
    const id =
      freeIdWithin(first + after, MAX_STREAM_ID, used) ??
      freeIdWithin(first + FIRST_STREAM_ID, MAX_STREAM_ID, used) ??
      freeIdWithin(first, FIRST_STREAM_ID - 1, used);
    if (id !== undefined && id >= FIRST_STREAM_ID) this.#last = id;
    return id;
  }
}

function freeIdWithin(from: number, to: number, used: ReadonlySet<number>): number | undefined {
  for (let id = from; id <= to; id += 2) if (!used.has(id)) return id;
  return undefined;
}
