/**
 * Decides whether a node accepts another session, and refuses it before existing sessions would suffer. A node is full
 * because of its number of sessions, its share of the memory, an event loop that its own work has delayed for a while,
 * or a saturated uplink.
 */
import { SfuError } from '@causeway/protocol';
import type { LoadSample } from './load-source.ts';

/** The thresholds at which a node is full. It then refuses new sessions; existing ones continue. */
export interface OverloadLimits {
  readonly maxSessions: number;
  /** If delays exceed this for a while because of the node's own work, the node is too busy for more sessions. */
  readonly maxEventLoopDelayMs: number;
}

/** The limits of a node whose operator sets none. */
export const DEFAULT_OVERLOAD_LIMITS: OverloadLimits = {
  // Each takes 120 KB while idle, and a file descriptor.
  maxSessions: 10_000,
  // Clients' jitter buffers absorb this much without a gap.
  maxEventLoopDelayMs: 50,
};

/** Samples arrive once a second. A garbage collection or a burst of joins spoils one of them, not ten. */
const SLOW_AFTER_SAMPLES = 10;
/** Delays so long and frequent that the node does not wait for ten samples. */
const SEVERE_FACTOR = 4;
const SEVERE_AFTER_SAMPLES = 2;
const CLEAR_AFTER_SAMPLES = 5;
/** Share of outgoing datagrams lost in each of two seconds; a single bad second may be a link that was down for a moment. */
const UPLINK_FULL_LOSS_RATIO = 0.01;
const UPLINK_FULL_AFTER_SAMPLES = 2;
/** Below this utilization, delays are caused by other programs, and refusing sessions would not help. */
const BUSY_SHARE = 0.6;

/** Share of its memory at which a process counts as full. */
export const MEMORY_FULL_SHARE = 0.8;
const MEMORY_FREE_SHARE = 0.7;
/** Above this share, caches are released. */
const MEMORY_CRITICAL_SHARE = 0.9;

/** The delays are random, so that clients that were refused together do not return together. */
const MIN_RETRY_AFTER_MS = 1_000;
const RETRY_SPREAD_MS = 4_000;

/** Every reason for which a node refuses a new session. */
export const ADMISSION_REFUSALS = ['sessions', 'memory', 'event_loop', 'uplink', 'queue'] as const;

/** Why a session was refused. */
export type AdmissionRefusal = (typeof ADMISSION_REFUSALS)[number];

const EXPLANATIONS: Readonly<Record<AdmissionRefusal, string>> = {
  sessions: 'this node has as many sessions as it may',
  memory: 'this node is short of memory',
  event_loop: 'this node is too busy',
  uplink: 'the network of this node takes no more',
  queue: 'too many clients are joining this node just now',
};

export class Admission {
  readonly #limits: OverloadLimits;
  readonly #random: () => number;
  readonly #slow: Alarm;
  readonly #severe: Alarm;
  readonly #memory = new Alarm({ raiseAbove: MEMORY_FULL_SHARE, raiseAfter: 1, clearBelow: MEMORY_FREE_SHARE, clearAfter: 1 });
  readonly #uplink = new Alarm({
    raiseAbove: UPLINK_FULL_LOSS_RATIO,
    raiseAfter: UPLINK_FULL_AFTER_SAMPLES,
    clearBelow: UPLINK_FULL_LOSS_RATIO,
    clearAfter: CLEAR_AFTER_SAMPLES,
  });
  readonly #refused = new Map<AdmissionRefusal, number>(ADMISSION_REFUSALS.map((refusal) => [refusal, 0]));
  #latest: LoadSample | undefined;

  /** @param random uniform in [0, 1) */
  constructor(limits: OverloadLimits, random: () => number) {
    const { maxEventLoopDelayMs } = limits;
    this.#limits = limits;
    this.#random = random;
    const clearing = { clearBelow: maxEventLoopDelayMs / 2, clearAfter: CLEAR_AFTER_SAMPLES };
    this.#slow = new Alarm({ raiseAbove: maxEventLoopDelayMs, raiseAfter: SLOW_AFTER_SAMPLES, ...clearing });
    this.#severe = new Alarm({ raiseAbove: maxEventLoopDelayMs * SEVERE_FACTOR, raiseAfter: SEVERE_AFTER_SAMPLES, ...clearing });
  }

  note(sample: LoadSample): void {
    const delayMs = sample.utilization < BUSY_SHARE ? 0 : sample.eventLoopDelayMs.p99;
    this.#latest = sample;
    this.#slow.note(delayMs);
    this.#severe.note(delayMs);
    this.#memory.note(sample.memoryShare);
    this.#uplink.note(sample.uplinkLossRatio);
  }

  /** The last sample; undefined before the first, or if the load is not measured. */
  get latest(): LoadSample | undefined {
    return this.#latest;
  }

  get isMemoryCritical(): boolean {
    return (this.#latest?.memoryShare ?? 0) > MEMORY_CRITICAL_SHARE;
  }

  /** Returns why the next session would be refused; undefined if it would be accepted. */
  obstacle(sessions: number): AdmissionRefusal | undefined {
    if (sessions >= this.#limits.maxSessions) return 'sessions';
    if (this.#memory.isRaised) return 'memory';
    if (this.#uplink.isRaised) return 'uplink';
    return this.#slow.isRaised || this.#severe.isRaised ? 'event_loop' : undefined;
  }

  /** Counts a refusal. @returns the error for the caller, which contains the time after which to retry */
  refuse(refusal: AdmissionRefusal): SfuError {
    this.#refused.set(refusal, (this.#refused.get(refusal) ?? 0) + 1);
    const retryAfterMs = Math.round(MIN_RETRY_AFTER_MS + this.#random() * RETRY_SPREAD_MS);
    return new SfuError('no_capacity', `${EXPLANATIONS[refusal]}; try again later, or elsewhere`, { retryAfterMs });
  }

  /** Returns a copy of the counts by reason, including zeros. */
  refused(): Readonly<Record<AdmissionRefusal, number>> {
    return Object.fromEntries(this.#refused) as Record<AdmissionRefusal, number>;
  }
}

export interface AlarmLevels {
  /** The alarm is raised once the value has been above this … */
  readonly raiseAbove: number;
  /** … for this many samples in a row. */
  readonly raiseAfter: number;
  /** The alarm is cleared once the value has been below this … */
  readonly clearBelow: number;
  /** … for this many samples in a row. */
  readonly clearAfter: number;
}

/** Turns noisy values into a stable yes or no: clearing the alarm takes lower values than not raising it. */
export class Alarm {
  readonly #levels: AlarmLevels;
  #isRaised = false;
  /** The number of consecutive values that contradict the present state. */
  #streak = 0;

  constructor(levels: AlarmLevels) {
    this.#levels = levels;
  }

  get isRaised(): boolean {
    return this.#isRaised;
  }

  note(value: number): void {
    const { raiseAbove, raiseAfter, clearBelow, clearAfter } = this.#levels;
    const speaksAgainst = this.#isRaised ? value < clearBelow : value > raiseAbove;
    this.#streak = speaksAgainst ? this.#streak + 1 : 0;
    if (this.#streak < (this.#isRaised ? clearAfter : raiseAfter)) return;
    this.#isRaised = !this.#isRaised;
    this.#streak = 0;
  }
}
