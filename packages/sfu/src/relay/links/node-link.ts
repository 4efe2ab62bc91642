/**
 * The link to one life (epoch) of another node: a transport that is opened again whenever it fails, and the control
 * channel on it. The node with the lower number connects and is the DTLS client; the other one waits. Both know each
 * other's certificate from the signed node record and derive the ICE credentials from the cluster key, so a link needs
 * no signalling.
 */
import type { ConnectionState, EngineEvent, TransportPlan } from '@causeway/media';
import type { CancelTimer, Clock } from '../../clock.ts';
import type { LinkTrust, NodeRecord } from '../../nodes/index.ts';
import type { Shard } from '../../shard.ts';
import { BackOff } from './back-off.ts';
import {
  CONTROL_LABEL,
  CONTROL_PROTOCOL,
  type ControlMessage,
  type ControlMessageOf,
  commonVersion,
  explainNoVersion,
} from './control-messages.ts';
import { LegNumbers } from './leg-numbers.ts';
import { type LinkDownReason, type LinkListener, type LinkState, transportIdOf } from './link-state.ts';
import { acceptsRoute } from './long-routes.ts';
import { MessagePacer } from './message-pacer.ts';
import { encodeControlMessage, numberMessage, PULSE, readControlMessage } from './message-text.ts';

/** Time for ICE, DTLS and SCTP over the longest distances, with losses. The engine would give up after 15 s (`LINK_LIVENESS`). */
const CONNECT_TIMEOUT_MS = 12_000;
const GREETING_TIMEOUT_MS = 5000;
/** How long a silent link may still recover; until then, tracks take other routes. */
const SILENCE_TIMEOUT_MS = 5000;
/**
 * How long a link lives without any message from the other side, including pulses. Connectivity checks are answered at
 * a lower level, so this ends a link whose other end has restarted without its final message arriving.
 */
const PULSE_TIMEOUT_MS = 6000;
/** Leaves time to deliver the reason. */
const REFUSED_LINGER_MS = 500;

export interface LinkParts {
  readonly shard: Shard;
  readonly self: NodeRecord;
  readonly trust: LinkTrust;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly listener: LinkListener<NodeLink>;
}

export class NodeLink {
  readonly #parts: LinkParts;
  readonly #backOff: BackOff;
  readonly #pacer: MessagePacer;
  #record: NodeRecord;
  #state: LinkState = { type: 'waiting', why: 'not-tried' };
  #cancelTimer: CancelTimer | undefined = undefined;
  #attempts = 0;
  #sentMessages = 0;
  #receivedMessages = 0;
  #heardAtMs = 0;
  #numbers: LegNumbers;

  constructor(record: NodeRecord, parts: LinkParts) {
    this.#record = record;
    this.#parts = parts;
    this.#backOff = new BackOff(parts.random);
    this.#pacer = new MessagePacer(parts.clock);
    this.#numbers = new LegNumbers(this.#reachesOut ? 'even' : 'odd');
  }

  /** The other node, by its latest record. */
  get peer(): NodeRecord {
    return this.#record;
  }

  get state(): LinkState {
    return this.#state;
  }

  get isUp(): boolean {
    return this.#state.type === 'up';
  }

  /** Whether it is up, or silent and may recover. */
  get isEstablished(): boolean {
    return this.#state.type === 'up' || this.#state.type === 'silent';
  }

  /** The version of the control protocol that both ends have agreed on; 0 before that. */
  get version(): number {
    return 'version' in this.#state ? this.#state.version : 0;
  }

  /** Id of the transport; undefined if there is none. */
  get transportId(): string | undefined {
    return transportIdOf(this.#state);
  }

  /** Returns an SSRC that was never used on this transport, in either direction. */
  nextSsrc(): number {
    return this.#numbers.nextSsrc();
  }

  /** Returns a name that no other track of this transport has had. */
  nextMid(): string {
    return this.#numbers.nextMid();
  }

  /** Reserves a stream for an incoming data channel. @returns undefined if all are in use */
  takeStreamId(): number | undefined {
    return this.#numbers.takeStreamId();
  }

  /** @param transportId the transport on which the stream was used; a stream of a former transport needs no release */
  releaseStreamId(transportId: string, streamId: number): void {
    if (transportId === this.transportId) this.#numbers.releaseStreamId(streamId);
  }

  /** Starts connecting. */
  open(): void {
    const { linkVersions } = this.#record;
    if (commonVersion(this.#parts.self.linkVersions, linkVersions) === undefined)
      this.#refuse(explainNoVersion(this.#parts.self.linkVersions, linkVersions));
    else this.#connect();
  }

  /** Applies a new record of the other node. */
  update(record: NodeRecord): void {
    const before = this.#record;
    this.#record = record;
    const isOther =
      JSON.stringify([before.linkVersions, before.softwareVersion]) !== JSON.stringify([record.linkVersions, record.softwareVersion]);
    if (this.#state.type === 'refused' && isOther) this.open();
    if (this.isEstablished && (record.linkLosses ?? 0) > (before.linkLosses ?? 0)) this.#fail('lost-by-peer');
  }

  close(reason: LinkDownReason): void {
    if (this.#state.type === 'closed') return;
    this.#giveUp(reason);
    this.#setState({ type: 'closed' });
  }

  /**
   * Sends reliably, and preserves the order of messages about wants and names. On a silent link, messages are delivered
   * if it recovers.
   *
   * @returns false if the link is down or about to fail, or the other side would refuse the message
   */
  send(message: ControlMessage): boolean {
    if (this.#state.type !== 'up' && this.#state.type !== 'silent') return false;
    return acceptsRoute(this.#state.version, message) && this.#write(this.#state, message);
  }

  /** Called once a second. Sends a pulse, and checks that the other side still sends its own. */
  pulse(): void {
    const { type } = this.#state;
    if (type === 'up') this.#write(this.#state, PULSE);
    // Failures are handled here and not when they occur, because the caller that sends may be in the middle of a
    // change.
    if (this.#pacer.hasOverflowed) this.#fail('too-much-to-say');
    else if (this.#numbers.areUsedUp) this.#fail('numbers-used-up');
    if (this.isEstablished && this.#parts.clock.nowMs() - this.#heardAtMs > PULSE_TIMEOUT_MS) this.#fail('silent');
  }

  /** Called after this process was suspended, during which nothing could be received. */
  forgive(standstillMs: number): void {
    this.#heardAtMs += standstillMs;
  }

  /** Handles the engine's events about the transport of this link. */
  handleEvent(event: EngineEvent): void {
    switch (event.type) {
      case 'connection-state':
        this.#onConnectionState(event.state);
        break;
      case 'transport-closed':
        this.#fail('transport-closed', { isTransportGone: true });
        break;
      case 'data-channel-opened':
        this.#onDataChannelOpened(event.streamId, event.label);
        break;
      case 'data-channel-closed':
        this.#onDataChannelClosed(event.streamId);
        break;
      case 'data-channel-message':
        this.#onDataChannelMessage(event.streamId, event.data);
        break;
      case 'defect':
        this.#fail('defect');
        break;
      case 'data-publication-closed':
      case 'data-subscription-opened':
      case 'data-subscription-closed':
      case 'data-message-too-large':
      case 'data-buffered-low':
      case 'data-received':
      case 'data-reply-received':
      case 'track-activity':
      case 'layers-changed':
      case 'speech-measured':
      case 'layer-changed':
      case 'quality-changed':
      case 'lower-layers-needed':
        break;
      default:
        event satisfies never;
    }
  }

  get #reachesOut(): boolean {
    return this.#parts.self.nodeNo < this.#record.nodeNo;
  }

  #onConnectionState(state: ConnectionState): void {
    if (state === 'connected' && this.#state.type === 'connecting' && this.#reachesOut) {
      const { transportId } = this.#state;
      const request = { label: CONTROL_LABEL, protocol: CONTROL_PROTOCOL, ordered: true };
      this.#parts.shard.send({ type: 'open-data-channel', transportId, request });
    } else if (state === 'connected' && this.#state.type === 'silent') {
      this.#cancelTimer?.();
      this.#setState({ ...this.#state, type: 'up' });
      this.#parts.listener.onLinkHeard(this);
    } else if (state === 'disconnected' && this.#state.type === 'up') {
      this.#setState({ ...this.#state, type: 'silent', sinceMs: this.#parts.clock.nowMs() });
      this.#schedule(SILENCE_TIMEOUT_MS, () => this.#fail('silent'));
      this.#parts.listener.onLinkSilent(this);
    }
  }

  #onDataChannelOpened(streamId: number, label: string): void {
    if (this.#state.type !== 'connecting' || label !== CONTROL_LABEL) return;
    const { self } = this.#parts;
    this.#setState({ ...this.#state, type: 'greeting', streamId, sinceMs: this.#parts.clock.nowMs() });
    this.#schedule(GREETING_TIMEOUT_MS, () => this.#fail('no-greeting'));
    const { nodeNo, epoch, softwareVersion, linkVersions: versions } = self;
    this.#write({ ...this.#state, streamId }, { type: 'hello', versions, nodeNo, epoch, softwareVersion });
  }

  #onDataChannelClosed(streamId: number): void {
    if ('streamId' in this.#state && this.#state.streamId === streamId) this.#fail('channel-closed');
  }

  #onDataChannelMessage(streamId: number, data: Uint8Array | string): void {
    if (!('streamId' in this.#state) || this.#state.streamId !== streamId) return;
    const read = readControlMessage(data);
    if (read.type === 'malformed') {
      this.#fail('malformed');
    } else if (read.serial !== ++this.#receivedMessages) {
      this.#fail('message-lost');
    } else {
      this.#heardAtMs = this.#parts.clock.nowMs();
      if (read.type === 'message') this.#handleMessage(read.message);
    }
  }

  #connect(): void {
    const transportId = `link-${this.#record.nodeNo}-${this.#record.epoch}-${++this.#attempts}`;
    this.#sentMessages = 0;
    this.#receivedMessages = 0;
    this.#numbers = new LegNumbers(this.#reachesOut ? 'even' : 'odd');
    this.#setState({ type: 'connecting', transportId, sinceMs: this.#parts.clock.nowMs() });
    this.#schedule(CONNECT_TIMEOUT_MS, () => this.#fail('not-connected'));
    this.#parts.shard.send({ type: 'open-transport', plan: this.#transportPlan(transportId) });
  }

  #transportPlan(transportId: string): TransportPlan {
    const { self, trust } = this.#parts;
    const { fingerprint, linkAddresses } = this.#record;
    if (!this.#reachesOut) {
      const { initiator: remote, acceptor: local } = trust.credentials(this.#record, self);
      return { transportId, local, remote, dtlsRole: 'server', remoteFingerprints: [fingerprint], isLink: true };
    }
    const { initiator: local, acceptor: remote } = trust.credentials(self, this.#record);
    return { transportId, local, remote, dtlsRole: 'client', remoteFingerprints: [fingerprint], reach: linkAddresses, isLink: true };
  }

  #handleMessage(message: ControlMessage): void {
    if (this.#state.type === 'greeting') this.#handleGreeting(this.#state, message);
    else if (message.type !== 'pulse') this.#parts.listener.onLinkMessage(this, message);
  }

  #handleGreeting(state: Extract<LinkState, { type: 'greeting' }>, message: ControlMessage): void {
    if (message.type === 'incompatible') this.#refuseSoon(message.reason);
    else if (message.type !== 'hello') this.#fail('malformed');
    else if (message.nodeNo !== this.#record.nodeNo || message.epoch !== this.#record.epoch) this.#fail('wrong-identity');
    else this.#agree(state, message);
  }

  #agree(state: Extract<LinkState, { type: 'greeting' }>, { versions }: ControlMessageOf<'hello'>): void {
    const { self, clock, listener } = this.#parts;
    const version = commonVersion(self.linkVersions, versions);
    if (version === undefined) {
      const reason = explainNoVersion(self.linkVersions, versions);
      this.#write(state, { type: 'incompatible', reason });
      this.#refuseSoon(reason);
      return;
    }
    this.#cancelTimer?.();
    this.#backOff.succeeded();
    this.#setState({ ...state, type: 'up', version, sinceMs: clock.nowMs() });
    listener.onLinkUp(this);
  }

  #refuseSoon(reason: string): void {
    this.#schedule(REFUSED_LINGER_MS, () => {
      this.#giveUp('incompatible');
      this.#refuse(reason);
    });
  }

  #refuse(reason: string): void {
    this.#setState({ type: 'refused', reason });
  }

  /** Closes the transport and schedules another attempt. */
  #fail(reason: LinkDownReason, { isTransportGone = false } = {}): void {
    if (transportIdOf(this.#state) === undefined) return;
    this.#giveUp(reason, isTransportGone);
    // A listener may have closed the link.
    if (this.state.type === 'closed') return;
    this.#setState({ type: 'waiting', why: reason });
    this.#schedule(this.#backOff.nextDelayMs(), () => this.#connect());
  }

  #giveUp(reason: LinkDownReason, isTransportGone = false): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const former = this.#state;
    const transportId = transportIdOf(former);
    if (transportId === undefined) return;
    this.#pacer.clear();
    if (!isTransportGone) this.#parts.shard.send({ type: 'close-transport', transportId });
    this.#state = { type: 'waiting', why: reason };
    if (former.type === 'up' || former.type === 'silent') this.#parts.listener.onLinkDown(this, transportId, reason);
  }

  #write({ transportId, streamId }: { readonly transportId: string; readonly streamId: number }, message: ControlMessage): boolean {
    const encoded = encodeControlMessage(message);
    if (encoded === undefined) return false;
    return this.#pacer.push(message, Buffer.byteLength(encoded), () =>
      this.#parts.shard.send({ type: 'send-data', transportId, streamId, data: numberMessage(++this.#sentMessages, encoded) }),
    );
  }

  #schedule(delayMs: number, callback: () => void): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#parts.clock.schedule(delayMs, callback);
  }

  #setState(state: LinkState): void {
    this.#state = state;
    this.#parts.listener.onLinkState(this);
  }
}
