import { CongestionFeedbackReader, type HmacSha1, RtpExtensionWriter, TransportFeedbackReader } from '@causeway/wire';
import { Acknowledgements } from './congestion/acknowledgements.ts';
import { createDataCounters, type DataCounters } from './data/data-counters.ts';
import { DataRouter } from './data/router/data-router.ts';
import type { DatagramSink, Path, PlainSink } from './demux/path.ts';
import { DropCounters } from './drop-reason.ts';
import type { EngineEventListener } from './engine-messages.ts';
import { FIRST_FRAME_BOUNDS_MS, Histogram } from './latencies.ts';
import { Outbox, type OutboxSink, SendSlots } from './outbox.ts';
import type { TransportCloseReason } from './plan.ts';
import { PacketMemory } from './publisher/packet-history.ts';
import type { ProtectedBytes, SecureSuite } from './secure-endpoint.ts';
import { SpeechWatch } from './speech/speech-watch.ts';
import { TrafficCounters } from './statistics.ts';
import { type EngineTime, Timers } from './timers.ts';
import { LinkBeat } from './transport/link-beat.ts';
import { Standstill } from './transport/liveness.ts';
import { OutstandingChecks } from './transport/outstanding-checks.ts';
import { leavePlain } from './transport/plain-endpoint.ts';
import { UsageTally } from './usage-tally.ts';

/** A transport with work to do for an event that happened while the time was not known. */
export interface DeferringTransport {
  handleDeferred(nowMs: number): void;
  reportDefect(error: unknown): void;
}

/** What only the engine itself can do for its parts. */
export interface EngineWiring {
  /** Schedules `transport.handleDeferred` before the current engine call returns, or soon if there is none. */
  defer(transport: DeferringTransport): void;
  /** Cancels what `defer` has scheduled for a transport that closes. */
  forgetDeferred(transport: DeferringTransport): void;
  /** Unbinds a path from its transport, and lets the socket layer release it. */
  releasePath(path: Path): void;
  /** Closes a transport from within, with its tracks and subscriptions, and tells the owner. */
  closeTransport(nowMs: number, transport: { readonly id: string }, reason: TransportCloseReason): void;
  /** Called when a transport's local user fragments have changed. */
  ufragsChanged(transportId: string, before: readonly string[], now: readonly string[]): void;
}

/** What the parts of one engine share. What would be global variables elsewhere are fields here. */
export interface EngineContext extends EngineWiring {
  readonly suite: SecureSuite;
  readonly sink: DatagramSink;
  readonly plainSink: PlainSink;
  /** Where outgoing packets are written. */
  readonly slots: SendSlots;
  readonly outbox: Outbox<ProtectedBytes>;
  /** The outbox of transports within the process, which sends packets as they are. */
  readonly plainOutbox: Outbox<Uint8Array>;
  /** Memory for packets that are kept for retransmission. */
  readonly packetMemory: PacketMemory;
  readonly timers: Timers;
  readonly standstill: Standstill;
  readonly speech: SpeechWatch;
  readonly drops: DropCounters;
  readonly dataCounters: DataCounters;
  readonly data: DataRouter;
  readonly usage: UsageTally;
  readonly traffic: TrafficCounters;
  /** How long viewers waited for their first picture. */
  readonly firstFrames: Histogram;
  /** Counts the packets of transports within the process. */
  readonly plainTraffic: TrafficCounters;
  readonly checks: OutstandingChecks;
  readonly linkBeat: LinkBeat;
  readonly onEvent: EngineEventListener;
  readonly onOutputReady: () => void;
  readonly hmacSha1: HmacSha1;
  /** Uniform in [0, 1). Good enough for SSRCs and first sequence numbers; secrets come from `randomBytes`. */
  readonly random: () => number;
  /** @returns unpredictable bytes */
  readonly randomBytes: (length: number) => Uint8Array;
  /** Added to the engine's clock to get milliseconds since 1970, for NTP timestamps. */
  readonly wallClockOffsetMs: number;
  /** Shared by all packet writers in turn. */
  readonly extensionWriter: RtpExtensionWriter;
  readonly time: EngineTime;
  /** Shared by all readers of transport-wide feedback in turn. */
  readonly feedbackReader: TransportFeedbackReader;
  /** Shared by all readers of per-stream feedback (RFC 8888) in turn. */
  readonly congestionFeedbackReader: CongestionFeedbackReader;
  readonly acknowledgements: Acknowledgements;
}

/** How many packets wait at most, if the arena has room for twice as many. */
const MAX_WAITING_PACKETS = 2048;
/** With a single thread, no transport is within the process. */
const NO_PLAIN_SINK: PlainSink = { write: () => undefined, pathClosed: () => undefined };

export function createEngineContext(options: EngineOptions, wiring: EngineWiring): EngineContext {
  const { suite, sink, plainSink = NO_PLAIN_SINK } = options;
  const { onEvent, onOutputReady, hmacSha1, random, randomBytes, wallClockOffsetMs } = options;
  const { arena } = suite;
  const drops = new DropCounters();
  const timers = new Timers(wallClockOffsetMs);
  const dataCounters = createDataCounters();
  const usage = new UsageTally();
  const traffic = new TrafficCounters();
  const plainTraffic = new TrafficCounters();
  const capacity = Math.min(MAX_WAITING_PACKETS, arena.slotCount >> 1);
  const onDefect = (error: unknown): void => onEvent({ type: 'defect', transportId: undefined, error });
  const time: EngineTime = { nowMs: 0 };
  const outbox = new Outbox({ arena, time, protection: suite, sink, capacity, drops, traffic, onDefect });
  const plainOutbox = new Outbox({
    arena,
    time,
    protection: { protect: (batch) => leavePlain(batch, arena) },
    sink: createPlainOutboxSink(plainSink),
    capacity: capacity >> 2,
    drops,
    traffic: plainTraffic,
    onDefect,
  });
  // Both outboxes use the same ring of slots.
  const slots = new SendSlots(arena, [outbox, plainOutbox]);
  return {
    ...wiring,
    suite,
    sink,
    plainSink,
    slots,
    outbox,
    plainOutbox,
    packetMemory: new PacketMemory(),
    timers,
    standstill: new Standstill(timers),
    speech: new SpeechWatch(timers, onEvent),
    drops,
    dataCounters,
    data: new DataRouter({
      time,
      timers,
      counters: dataCounters,
      onEvent,
      random,
      charge: (account, peer, track, sizeBytes) => usage.countData(account, peer, track, sizeBytes),
    }),
    usage,
    traffic,
    firstFrames: new Histogram(FIRST_FRAME_BOUNDS_MS),
    plainTraffic,
    checks: new OutstandingChecks(),
    linkBeat: new LinkBeat(timers),
    onEvent,
    onOutputReady,
    hmacSha1,
    random,
    randomBytes,
    wallClockOffsetMs,
    extensionWriter: new RtpExtensionWriter(),
    time,
    feedbackReader: new TransportFeedbackReader(),
    congestionFeedbackReader: new CongestionFeedbackReader(),
    acknowledgements: new Acknowledgements(),
  };
}

/** Copies packets to another thread immediately, including those of data channels. */
function createPlainOutboxSink(plainSink: PlainSink): OutboxSink<Uint8Array> {
  return {
    send: (path, datagram) => plainSink.write(path, datagram, 0, datagram.length),
    queue: (path, bytes, offset, length) => plainSink.write(path, bytes, offset, length),
    sendQueued: () => undefined,
    discardQueued: () => undefined,
  };
}

/** What an engine requires of its owner. */
export interface EngineOptions {
  readonly suite: SecureSuite;
  readonly sink: DatagramSink;
  /** Where packets of transports with `security: 'none'` go. Default: nowhere, since there are none with a single thread. */
  readonly plainSink?: PlainSink | undefined;
  /** Called synchronously during engine calls. Record the event, and act on it after the call has returned. */
  readonly onEvent: EngineEventListener;
  /** Called when output (for example a DTLS reply) is waiting outside of an engine call. Call `flush` soon. */
  readonly onOutputReady: () => void;
  readonly hmacSha1: HmacSha1;
  /** Uniform in [0, 1). Need not be unpredictable. */
  readonly random: () => number;
  /** @returns unpredictable bytes */
  readonly randomBytes: (length: number) => Uint8Array;
  /** Added to the engine's clock to get milliseconds since 1970. */
  readonly wallClockOffsetMs: number;
}
