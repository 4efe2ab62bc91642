/**
 * The connection to one peer, from the first check until it ends. Packets can be sent while there are keys from DTLS, a proven path from
 * ICE, and the peer's consent.
 */
import type { Path } from '../demux/path.ts';
import type { DeferringTransport, EngineContext } from '../engine-context.ts';
import type { ConnectionState, TransportCloseReason } from '../plan.ts';
import type { SecureCloseReason } from '../secure-endpoint.ts';
import { Liveness, type LivenessTimes, type WatchedConnection } from './liveness.ts';

/** The transport whose connection this is. */
export interface ConnectedTransport {
  readonly id: string;
  readonly isLink: boolean;
  readonly context: EngineContext;
  readonly ice: { readonly selectedPath: Path | undefined };
  /** Set only by the connection, and when the transport is closed. */
  sendPath: Path | undefined;
  readonly sender: {
    /** Called when packets can be sent again, or for the first time. */
    wake(nowMs: number): void;
    /** Called when another path is sent to. */
    pathChanged(): void;
  };
  readonly subscriptions: { values(): Iterable<{ becomeReachable(nowMs: number): void }> };
  reportDefect(error: unknown): void;
}

export class Connection implements DeferringTransport, WatchedConnection {
  readonly context: EngineContext;
  readonly liveness: Liveness;
  /** Only this class sets it. */
  state: ConnectionState = 'new';
  /** Whether the DTLS handshake is complete, so that there are keys. Only this class sets it. */
  isSecure = false;
  heardMs: number;
  readonly #transport: ConnectedTransport;
  #hasConsent = true;
  /** The path that the estimate belongs to. */
  #measuredPath: Path | undefined = undefined;
  // Events that happened outside of an engine call, and wait until the time is known.
  #becameSecure = false;
  #becameReachable = false;
  #ended: SecureCloseReason | 'association-aborted' | undefined = undefined;

  constructor(nowMs: number, transport: ConnectedTransport, times: LivenessTimes) {
    this.context = transport.context;
    this.#transport = transport;
    this.heardMs = nowMs;
    this.liveness = new Liveness(nowMs, this, times);
  }

  /** Records that the peer was heard. */
  hear(nowMs: number): void {
    this.heardMs = nowMs;
    if (this.state === 'disconnected') this.liveness.peerReturned(nowMs);
  }

  /** Handles an authenticated check from the peer, or its answer to one of ours. */
  handleCheck(nowMs: number): void {
    this.hear(nowMs);
    if (this.state === 'new') this.setState('connecting');
  }

  /** Called when there are keys, or when the transport needs none. */
  becomeSecure(): void {
    this.isSecure = true;
    this.updatePath();
    this.#becameSecure = true;
    this.context.defer(this);
  }

  /** Called when ICE has selected another path, or the selected one was proven. */
  updatePath(): void {
    const { sendPath: formerPath, ice } = this.#transport;
    const { selectedPath } = ice;
    const sendPath = this.isSecure && this.#hasConsent && selectedPath?.isProven === true ? selectedPath : undefined;
    this.#transport.sendPath = sendPath;
    if (formerPath === undefined && sendPath !== undefined) this.#becomeReachable();
    if (sendPath === undefined || sendPath === this.#measuredPath) return;
    if (this.#measuredPath !== undefined) this.#transport.sender.pathChanged();
    this.#measuredPath = sendPath;
  }

  loseConsent(): void {
    this.#hasConsent = false;
    this.updatePath();
  }

  regainConsent(): void {
    this.#hasConsent = true;
    this.updatePath();
    // What was sent during the silence is lost, and a node waits for it on behalf of many subscribers.
    if (this.#transport.isLink) this.#becomeReachable();
  }

  /** Called when the peer has ended DTLS or SCTP, or the handshake has failed. */
  end(reason: SecureCloseReason | 'association-aborted'): void {
    this.#ended = reason;
    this.context.defer(this);
  }

  handleDeferred(nowMs: number): void {
    const { id, sender, subscriptions } = this.#transport;
    if (this.#becameSecure) {
      this.#becameSecure = false;
      this.hear(nowMs);
      this.setState('connected');
      this.context.data.peerConnected(nowMs, id);
    }
    if (this.#becameReachable) {
      this.#becameReachable = false;
      for (const subscription of subscriptions.values()) subscription.becomeReachable(nowMs);
      sender.wake(nowMs);
    }
    if (this.#ended === undefined) return;
    const peerLeft = this.#ended === 'peer-closed' || this.#ended === 'association-aborted';
    if (!peerLeft) this.setState('failed');
    this.context.closeTransport(nowMs, this.#transport, peerLeft ? 'peer_closed' : 'handshake_failed');
  }

  setState(state: ConnectionState): void {
    if (this.state === state || this.state === 'closed') return;
    this.state = state;
    this.context.onEvent({ type: 'connection-state', transportId: this.#transport.id, state });
  }

  expire(nowMs: number, reason: TransportCloseReason): void {
    this.context.closeTransport(nowMs, this.#transport, reason);
  }

  reportDefect(error: unknown): void {
    this.#transport.reportDefect(error);
  }

  close(): void {
    this.liveness.close();
    this.setState('closed');
  }

  #becomeReachable(): void {
    this.#becameReachable = true;
    this.context.defer(this);
  }
}
