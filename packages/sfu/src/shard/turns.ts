/**
 * Limits how much of an event loop turn is spent on clients that are still joining. A step of a DTLS handshake takes as
 * long as forwarding a hundred packets; when many clients join at once, the packets of connected ones would otherwise
 * wait behind all of them.
 */
import { classifyDatagram, type Path } from '@causeway/media';
import type { SystemCalls } from '../io/system-calls.ts';

/** Time for public-key cryptography in one turn, which jitter buffers absorb. */
const QUOTA_MS = 4;
/** A second of work. A client that gets no reply retransmits its flight (RFC 6347 §4.2.4). */
const MAX_WAITING = 512;

export interface HandshakeTurnsOptions {
  readonly nowMs: () => number;
  /** Carries out one step. */
  readonly handle: (path: Path, datagram: Uint8Array) => void;
  /** A datagram was dropped for lack of room. */
  readonly onOverflow: () => void;
}

interface WaitingStep {
  readonly path: Path;
  readonly datagram: Uint8Array;
}

export class HandshakeTurns {
  readonly #options: HandshakeTurnsOptions;
  #waiting: WaitingStep[] = [];
  #spentMs = 0;

  constructor(options: HandshakeTurnsOptions) {
    this.#options = options;
  }

  /** The number of steps that wait for a later turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Handles a handshake datagram at once if this turn has time for it and no other waits; otherwise in a later turn. */
  receive(path: Path, datagram: Uint8Array): void {
    if (this.#waiting.length === 0 && this.#spentMs < QUOTA_MS) this.#handle(path, datagram);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push({ path, datagram });
    else this.#options.onOverflow();
  }

  /** A new turn has begun; waiting datagrams are handled first. */
  beginTurn(): void {
    this.#spentMs = 0;
    let handled = 0;
    for (const { path, datagram } of this.#waiting) {
      if (this.#spentMs >= QUOTA_MS) break;
      this.#handle(path, datagram);
      handled++;
    }
    if (handled > 0) this.#waiting = this.#waiting.slice(handled);
  }

  #handle(path: Path, datagram: Uint8Array): void {
    const startedMs = this.#options.nowMs();
    this.#options.handle(path, datagram);
    this.#spentMs += this.#options.nowMs() - startedMs;
  }
}

/** Whether a datagram belongs to a handshake, and not to an established connection. */
export function isHandshake({ transport }: Path, datagram: Uint8Array): boolean {
  return transport !== undefined && !transport.isSecure && classifyDatagram(datagram) === 'dtls';
}

/** Size of `struct pollfd`. */
const ENTRY_BYTES = 8;
const FD_WORD = 0;
const RETURNED_HALF = 3;
const POLLIN = 1;

/** After this long without a packet, packets are rare and libuv does the waiting. */
const QUIET_AFTER_MS = 100;
/**
 * While packets arrive without a pause, they are hard to distinguish from libuv's work, because libuv waits for the
 * same sockets. After this time, libuv has its turn in either case.
 */
const MAX_UNCLEAR_MS = 4;
/** A `poll` that took less time found something at once. */
const SLEPT_MS = 0.02;
/** How long a packet waits for others, so that they share what a wake-up costs. */
const GATHER_MS = 0.5;
/** How many others must be expected in that time. */
const MIN_GATHERED = 1.5;
/** The rate at which packets arrive is an average over about this time. */
const RATE_WINDOW_MS = 20;
/** How long connectivity checks of idle clients wait for each other. The event loop waits as well. */
const GATHER_CHECKS_MS = 20;
/** They do so after this long without any other datagram, and after this long without work for the event loop. */
const IDLE_AFTER_MS = 500;
const IDLE_AFTER_WORK_MS = 50;
/** Nothing is known to need a higher limit; this bounds the effect of a mistake here. */
const MAX_HOLD_MS = 50;
/** After this many consecutive turns without a packet, packets are rare, or other work keeps the event loop busy. */
const VAIN_TURNS = 8;
/** How long no turn is held after that. The pause doubles each time, until a held turn receives a packet. */
const MIN_PAUSE_MS = 20;
const MAX_PAUSE_MS = 1_000;

export interface HeldTurnOptions {
  readonly calls: SystemCalls;
  /** Descriptors of the sockets that are read here. */
  readonly fds: readonly number[];
  readonly nowMs: () => number;
  /** Reads the sockets and handles the datagrams. @returns their number */
  readonly receive: () => number;
  /** Does what is due, and sends. @returns false if the event loop must run next */
  readonly finish: () => boolean;
  /** Returns when `finish` must be called even if nothing has arrived. */
  readonly deadlineMs: () => number;
}

/**
 * Holds an event loop turn while only packets arrive.
 *
 * One iteration of libuv's loop, with Node's callbacks, costs several times what it takes to forward a packet in a
 * small call. A held turn sleeps in one `poll` over the UDP sockets and the descriptor that shows when libuv has work,
 * for no longer than libuv would sleep, and ends as soon as there is anything but packets (docs/adr/0018). To the rest
 * of the process, this looks like a sleeping loop.
 */
export class HeldTurn {
  /** Milliseconds slept so far, which the event loop counts as work. */
  sleptMs = 0;
  readonly #options: HeldTurnOptions;
  readonly #eventLoop: NonNullable<SystemCalls['eventLoop']>;
  readonly #halves: Int16Array;
  readonly #entriesAt: bigint;
  readonly #entryCount: bigint;
  #lastPacketMs = Number.NEGATIVE_INFINITY;
  /** From when on checks may wait for each other. */
  #idleFromMs = 0;
  #lastReceivedMs = 0;
  #packetsPerMs = 0;
  #vainTurns = 0;
  #pauseMs = MIN_PAUSE_MS;
  #pausedUntilMs = 0;

  private constructor(options: HeldTurnOptions, eventLoop: NonNullable<SystemCalls['eventLoop']>) {
    this.#options = options;
    this.#eventLoop = eventLoop;
    const fds = [eventLoop.fd, ...options.fds];
    const words = new Int32Array(new ArrayBuffer(fds.length * ENTRY_BYTES));
    this.#halves = new Int16Array(words.buffer);
    fds.forEach((fd, entry) => {
      words[entry * 2 + FD_WORD] = fd;
      this.#halves[entry * 4 + 2] = POLLIN;
    });
    this.#entriesAt = BigInt(options.calls.addressOf(new Uint8Array(words.buffer)));
    this.#entryCount = BigInt(fds.length);
  }

  /** @returns undefined if the system does not support holding a turn, or there are no sockets to wait for */
  static create(options: HeldTurnOptions): HeldTurn | undefined {
    const { eventLoop } = options.calls;
    return eventLoop === undefined || options.fds.length === 0 ? undefined : new HeldTurn(options, eventLoop);
  }

  /** Records that a datagram has arrived. @param mayWait whether it only shows that a connected peer is still there */
  notePacket(nowMs: number, mayWait = false): void {
    this.#lastPacketMs = nowMs;
    if (!mayWait) this.#idleFromMs = nowMs + IDLE_AFTER_MS;
  }

  /** Whether the next turn should start at once, to be held; otherwise the event loop may sleep. */
  isWanted(nowMs: number): boolean {
    return nowMs - this.#lastPacketMs < QUIET_AFTER_MS && nowMs >= this.#pausedUntilMs;
  }

  /** Call this last in a turn that `setImmediate` started. Returns when the event loop must run. */
  hold(nowMs: number): void {
    letEventLoopSleep();
    if (this.#run(nowMs) === 0) this.#noteVainTurn(nowMs);
    else this.#noteUsefulTurn();
  }

  /** @returns the number of datagrams received */
  #run(startMs: number): number {
    const { finish, receive, deadlineMs, nowMs } = this.#options;
    let datagrams = 0;
    let clearAtMs = startMs;
    for (let beforeMs = startMs; ; beforeMs = nowMs()) {
      const sleepMs = this.#eventLoop.sleepMs();
      const leftMs = startMs + MAX_HOLD_MS - beforeMs;
      // A timer is due, an immediate waits, or libuv has not yet told the system what it waits for.
      if (sleepMs === 0 || leftMs <= 0 || beforeMs - clearAtMs >= MAX_UNCLEAR_MS) return datagrams;
      const dueMs = Math.min(leftMs, deadlineMs() - beforeMs, sleepMs < 0 ? leftMs : sleepMs);
      // Whatever was due has just been done, so a deadline that has passed must not make this loop spin.
      const ready = this.#options.calls.poll(this.#entriesAt, this.#entryCount, Math.max(1, Math.ceil(dueMs)));
      let afterMs = nowMs();
      const hasSlept = afterMs - beforeMs > SLEPT_MS;
      const isReadable = ready > 0 && this.#isSocketReadable();
      if (hasSlept && isReadable && this.#gather(afterMs, beforeMs + dueMs)) afterMs = nowMs();
      this.sleptMs += afterMs - beforeMs;
      if (hasSlept) clearAtMs = afterMs;
      const taken = isReadable ? receive() : 0;
      datagrams += taken;
      if (taken > 0) this.#noteReceived(afterMs, taken);
      else if (ready > 0) this.#idleFromMs = Math.max(this.#idleFromMs, afterMs + IDLE_AFTER_WORK_MS);
      // If nothing was read, a signal arrived, or only libuv's descriptor was readable.
      if (!finish() || (ready !== 0 && taken === 0)) return datagrams;
    }
  }

  /** Waits for more packets if that is worthwhile. @returns whether it did */
  #gather(nowMs: number, dueMs: number): boolean {
    const isIdle = nowMs >= this.#idleFromMs;
    const wantedMs = isIdle ? GATHER_CHECKS_MS : this.#packetsPerMs * GATHER_MS < MIN_GATHERED ? 0 : GATHER_MS;
    const waitMs = Math.min(wantedMs, dueMs - nowMs);
    if (waitMs < SLEPT_MS) return false;
    this.#options.calls.sleep(waitMs);
    return true;
  }

  #noteReceived(nowMs: number, count: number): void {
    this.#lastPacketMs = nowMs;
    const gapMs = Math.max(SLEPT_MS, nowMs - this.#lastReceivedMs);
    this.#lastReceivedMs = nowMs;
    this.#packetsPerMs += (count / gapMs - this.#packetsPerMs) * Math.min(1, gapMs / RATE_WINDOW_MS);
  }

  #isSocketReadable(): boolean {
    for (let half = 4 + RETURNED_HALF; half < this.#halves.length; half += 4) if (this.#halves[half] !== 0) return true;
    return false;
  }

  #noteVainTurn(nowMs: number): void {
    if (++this.#vainTurns < VAIN_TURNS) return;
    this.#vainTurns = 0;
    this.#pausedUntilMs = nowMs + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, MAX_PAUSE_MS);
  }

  #noteUsefulTurn(): void {
    this.#vainTurns = 0;
    this.#pauseMs = MIN_PAUSE_MS;
  }
}

/**
 * Makes libuv compute how long it could sleep. Until all immediates of a turn have run, Node keeps it from sleeping,
 * unless the last one waiting is no longer referenced.
 */
function letEventLoopSleep(): void {
  const immediate = setImmediate(doNothing);
  immediate.unref();
  clearImmediate(immediate);
}

function doNothing(): void {}
