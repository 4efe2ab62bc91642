import type { HmacSha1 } from '@causeway/wire';
import type { Allocator, Estimator, Pacer } from './congestion/index.ts';
import type { DatagramSink, Path } from './demux/path.ts';
import type { DropCounters } from './drop-reason.ts';
import type { Outbox } from './outbox.ts';
import type { EngineListener, TransportCloseReason } from './plan.ts';
import type { SecureSuite } from './secure-endpoint.ts';
import type { Timers } from './timers.ts';
import type { TrafficCounters } from './traffic-counters.ts';
import type { PeerTransport } from './transport/peer-transport.ts';

/** What the parts of one engine share. Everything that would be a global elsewhere is a field here. */
export interface EngineContext {
  readonly suite: SecureSuite;
  readonly sink: DatagramSink;
  readonly outbox: Outbox;
  readonly timers: Timers;
  readonly drops: DropCounters;
  readonly traffic: TrafficCounters;
  readonly listener: EngineListener;
  readonly hmacSha1: HmacSha1;
  /** Uniform in [0, 1). Not for secrets: SSRCs and first sequence numbers. */
  readonly random: () => number;
  /** @returns bytes that nobody can predict */
  readonly randomBytes: (length: number) => Uint8Array;
  /** Added to the engine's clock to get milliseconds since 1970, for NTP timestamps. */
  readonly wallClockOffsetMs: number;
  readonly pacer: Pacer;
  readonly allocator: Allocator;
  readonly createEstimator: () => Estimator;
  /** Asks for `transport.handleDeferred` before the engine call under way returns, or soon if none is. */
  defer(transport: PeerTransport): void;
  /** Unbinds a path from its transport and lets the socket layer forget it. */
  releasePath(path: Path): void;
  /** Ends a transport from within: its tracks, its subscriptions, and the word to the owner. */
  closeTransport(nowMs: number, transport: PeerTransport, reason: TransportCloseReason): void;
  /** The transport has other local user fragments than before. */
  ufragsChanged(transport: PeerTransport, before: readonly string[]): void;
}
