/**
 * A shard in the caller's thread: one engine, one UDP port, one timer. All input of one turn of the event loop is
 * handled first, and the output is protected and sent together at the end of the turn, or earlier once enough packets
 * wait.
 */
import { randomBytes } from 'node:crypto';
import {
  classifyDatagram,
  DropReason,
  Engine,
  type EngineCommand,
  type EngineEvent,
  type EngineEventListener,
  ForwardLatency,
  type Path,
  type TransportPlan,
} from '@causeway/media';
import type { CountingSecureSuite } from '@causeway/secure';
import { loadSystemCalls, type SystemCalls } from '../io/system-calls.ts';
import { UdpPort } from '../io/udp-port.ts';
import type { Shard, ShardAnswers, ShardQuestion } from '../shard.ts';
import { inspectShard } from './inspect-shard.ts';
import type { Neighbours } from './neighbours.ts';
import type { LinkPath } from './shard-link.ts';
import { HandshakeTurns, HeldTurn, isHandshake } from './turns.ts';

/** `setTimeout` accepts at most 31 bits; waking earlier does no harm. */
const LONGEST_SLEEP_MS = 60_000;
/**
 * How much later than due the timer may fire. A turn that handles a datagram also does what is due, and media arrives
 * every few milliseconds, so most timers would be unnecessary, and each costs as much as four forwarded packets.
 */
const TIMER_SLACK_MS = 5;
const nowMs = () => performance.now();
/** This many packets fill the lanes of authentication, so waiting for more input of this turn gains nothing. */
const FULL_FLUSH_PACKETS = 32;

export interface InlineShardOptions {
  readonly suite: CountingSecureSuite;
  readonly addresses: readonly string[];
  readonly port: number;
  readonly connectPaths: boolean;
  readonly maxConnectedSockets: number;
  /** Other shards of this process on the same port. Default: none. */
  readonly neighbours?: Neighbours;
}

export class InlineShard implements Shard {
  readonly shardCount = 1;
  readonly #suite: CountingSecureSuite;
  readonly #engine: Engine;
  readonly #port: UdpPort;
  readonly #handshakes: HandshakeTurns;
  readonly #neighbours: Neighbours | undefined;
  readonly #systemCalls: SystemCalls | undefined;
  /** Undefined if turns are not held, and until the port is open. */
  #heldTurn: HeldTurn | undefined = undefined;
  #isHolding = false;
  readonly #finishTurnLater = () => this.#finishTurn();
  readonly #latency = new ForwardLatency();
  readonly #events: EngineEvent[] = [];
  #listener: EngineEventListener | undefined = undefined;
  #isFlushScheduled = false;
  #timer: NodeJS.Timeout | undefined = undefined;
  #wakesAtMs = Number.POSITIVE_INFINITY;
  #isClosed = false;
  #uplinkBefore = { sent: 0, dropped: 0 };

  constructor(options: InlineShardOptions) {
    this.#suite = options.suite;
    this.#neighbours = options.neighbours;
    this.#systemCalls = options.connectPaths ? loadSystemCalls() : undefined;
    this.#port = new UdpPort({
      addresses: options.addresses,
      port: options.port,
      connectPaths: options.connectPaths,
      maxConnectedSockets: options.maxConnectedSockets,
      systemCalls: this.#systemCalls,
      onDatagram: (path, datagram) => this.#receive(path, datagram),
      onAhead: (path, packet) => this.#engine.prepareRtp(path, packet),
      onDrop: (reason) => this.#engine.countDrop(reason),
      onUnsent: (path, packet) => this.#engine.handleUnsent(path, packet),
      onUplinkFree: () => this.#noteUplinkFree(),
      sharing: options.neighbours,
    });
    this.#handshakes = new HandshakeTurns({
      nowMs: () => performance.now(),
      handle: (path, datagram) => this.#handleDatagram(path, datagram),
      onOverflow: () => this.#engine.countDrop(DropReason.HandshakeOverflow),
    });
    this.#engine = new Engine({
      suite: options.suite,
      sink: this.#port,
      plainSink: options.neighbours,
      onEvent: (event) => this.#queueEvent(event),
      onOutputReady: () => this.#scheduleFlush(),
      hmacSha1: options.suite.hmacSha1,
      random: Math.random,
      randomBytes,
      wallClockOffsetMs: performance.timeOrigin,
    });
    options.neighbours?.setListener({
      onPassedOn: (origin, datagram) => this.#port.receivePassedOn(origin, datagram),
      onLinkPacket: (path, packet) => this.#handleDatagram(path, packet),
      onLookDue: () => this.#look(),
      onPathLost: (origin) => this.#port.yieldPath(origin),
      claimedPaths: () => this.#port.claimedPaths(),
      onDrop: (reason) => this.#engine.countDrop(reason),
    });
  }

  get fingerprint() {
    return this.#suite.fingerprint;
  }

  get port(): number {
    return this.#port.port;
  }

  /** @throws the system's error if the port cannot be opened */
  async open(): Promise<void> {
    await this.#port.open();
    const calls = this.#systemCalls;
    const { receiver } = this.#port;
    if (calls === undefined || receiver === undefined) return;
    this.#heldTurn = HeldTurn.create({
      calls,
      fds: receiver.fds,
      nowMs: () => performance.now(),
      receive: () => receiver.receive(),
      finish: () => this.#finishHeld(),
      deadlineMs: () => this.#engine.nextDeadlineMs + TIMER_SLACK_MS,
    });
  }

  chooseShardNo(): number {
    return 0;
  }

  /** A caller in this thread runs in the very loop that it asks about. */
  isAlive(): boolean {
    return !this.#isClosed;
  }

  setListener(listener: EngineEventListener): void {
    this.#listener = listener;
  }

  send(command: EngineCommand): void {
    this.#engine.handleCommand(performance.now(), command);
    this.#scheduleFlush();
  }

  ask<Question extends ShardQuestion>(question: Question, transportId?: string): Promise<ShardAnswers[Question]>;
  async ask(question: ShardQuestion, transportId?: string): Promise<ShardAnswers[ShardQuestion]> {
    if (question !== 'inspection') return this.#engine.answer(question, transportId);
    const parts = { engine: this.#engine, port: this.#port, suite: this.#suite, handshakes: this.#handshakes, latency: this.#latency };
    return inspectShard(parts);
  }

  /** Opens a transport to another shard, which is connected at once. */
  openLink(plan: TransportPlan, path: LinkPath): void {
    const nowMs = performance.now();
    this.#engine.handleCommand(nowMs, { type: 'open-transport', plan });
    this.#engine.bindPath(nowMs, plan.transportId, path);
    this.#scheduleFlush();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#engine.close(performance.now());
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#neighbours?.close();
    this.#port.close();
  }

  /** Milliseconds that this thread has slept in held turns, which the event loop counts as work. */
  get sleptMs(): number {
    return this.#heldTurn?.sleptMs ?? 0;
  }

  /** Returns the share of outgoing datagrams dropped because the uplink was full, since the last call. */
  takeUplinkLossRatio(): number {
    const { sent: sentBefore, dropped: droppedBefore } = this.#uplinkBefore;
    const { video, audio, rtcp, control } = this.#port.sendCounters.dropped;
    this.#uplinkBefore = { sent: this.#engine.traffic.rtpPacketsSent, dropped: video + audio + rtcp + control };
    const dropped = this.#uplinkBefore.dropped - droppedBefore;
    return dropped === 0 ? 0 : dropped / (dropped + this.#uplinkBefore.sent - sentBefore);
  }

  #receive(path: Path, datagram: Uint8Array): void {
    if (isHandshake(path, datagram)) this.#handshakes.receive(path, datagram);
    else this.#handleDatagram(path, datagram);
  }

  #handleDatagram(path: Path, datagram: Uint8Array): void {
    const nowMs = performance.now();
    this.#heldTurn?.notePacket(nowMs, isSignOfLife(path, datagram));
    this.#latency.noteInput(nowMs);
    this.#engine.handleDatagram(nowMs, path, datagram);
    // With neighbours, each turn ends by reading what has crossed from them.
    const isFull = this.#engine.waitingPackets >= FULL_FLUSH_PACKETS && this.#neighbours === undefined;
    if (!isFull || (this.#isFlushScheduled && !this.#isHolding)) {
      this.#scheduleFlush();
      return;
    }
    this.#sendOut();
    if (this.#isHolding) return;
    if (this.#engine.nextDeadlineMs > nowMs) this.#armTimer(nowMs);
    else this.#scheduleFlush();
  }

  #noteUplinkFree(): void {
    this.#engine.uplinkFreed(performance.now());
    this.#scheduleFlush();
  }

  #scheduleFlush(): void {
    if (this.#isFlushScheduled || this.#isClosed) return;
    this.#isFlushScheduled = true;
    setImmediate(this.#finishTurnLater);
  }

  #finishTurn(): void {
    if (this.#isClosed) return;
    const nowMs = performance.now();
    this.#neighbours?.look(nowMs);
    // This is reset only now, because this turn also sends what was found.
    this.#isFlushScheduled = false;
    this.#engine.handleTimeout(nowMs);
    this.#sendOut();
    const isNextHeld = this.#heldTurn?.isWanted(nowMs) === true;
    if (!isNextHeld) this.#armTimer(nowMs);
    this.#deliverEvents();
    this.#handshakes.beginTurn();
    if (isNextHeld) this.#holdTurn();
  }

  /** Continues this turn while packets arrive. The next turn follows at once, and arms the timer if it is not held. */
  #holdTurn(): void {
    if (this.#isFlushScheduled || this.#isClosed) return;
    this.#isHolding = true;
    // Input that arrives in that time is finished by `#finishHeld`.
    this.#isFlushScheduled = true;
    try {
      this.#heldTurn?.hold(performance.now());
    } finally {
      this.#isHolding = false;
      this.#isFlushScheduled = false;
      this.#scheduleFlush();
    }
  }

  /** @returns false if other work needs a turn of its own */
  #finishHeld(): boolean {
    const nowMs = performance.now();
    this.#handshakes.beginTurn();
    this.#engine.handleTimeout(nowMs);
    this.#sendOut();
    return this.#events.length === 0 && this.#handshakes.waiting === 0;
  }

  /**
   * Reads and sends packets of links without a turn of their own, because they have waited long enough. Other due work
   * waits for a turn, which begins with the datagrams in the sockets: after the process was suspended, those have not
   * been read yet.
   */
  #look(): void {
    if (this.#isClosed) return;
    const nowMs = performance.now();
    const isTurnAhead = this.#isFlushScheduled;
    this.#isFlushScheduled = true;
    this.#neighbours?.look(nowMs);
    this.#isFlushScheduled = isTurnAhead;
    this.#sendOut();
    if (this.#events.length > 0) this.#scheduleFlush();
    else this.#armTimer(nowMs);
  }

  #sendOut(): void {
    this.#engine.flush(performance.now());
    this.#neighbours?.flush();
    this.#latency.noteFlushed(nowMs, this.#engine.traffic.rtpPacketsSent);
    this.#suite.prepareAhead();
  }

  #armTimer(nowMs: number): void {
    const latestMs = Math.min(this.#engine.nextDeadlineMs, nowMs + LONGEST_SLEEP_MS) + TIMER_SLACK_MS;
    // A timer that would fire too early is armed again, because its deadline has been dealt with.
    if (this.#timer !== undefined && this.#wakesAtMs <= latestMs && this.#wakesAtMs >= latestMs - TIMER_SLACK_MS) return;
    clearTimeout(this.#timer);
    this.#wakesAtMs = latestMs;
    this.#timer = setTimeout(() => this.#wake(), Math.max(0, latestMs - nowMs));
    // A listening socket keeps the process alive; a timer alone should not.
    this.#timer.unref();
  }

  #wake(): void {
    this.#timer = undefined;
    this.#wakesAtMs = Number.POSITIVE_INFINITY;
    // Input comes first: after the process was suspended, peers must not appear silent whose packets have not been read
    // yet.
    this.#scheduleFlush();
  }

  /** Delivers events after the engine has returned, so that the owner may respond with any command. */
  #deliverEvents(): void {
    const listener = this.#listener;
    if (this.#events.length === 0 || listener === undefined) return;
    for (const event of this.#events.splice(0)) listener(event);
  }

  #queueEvent(event: EngineEvent): void {
    this.#events.push(event);
    this.#scheduleFlush();
  }
}

/**
 * Whether a datagram only shows that a connected peer is still there: a client's check (RFC 7675), or DTLS on a link, which carries only
 * messages between nodes unless data channels cross it.
 */
function isSignOfLife({ transport }: Path, datagram: Uint8Array): boolean {
  if (transport?.isSecure !== true) return false;
  const kind = classifyDatagram(datagram);
  return kind === 'stun' || (kind === 'dtls' && transport.isLink);
}
