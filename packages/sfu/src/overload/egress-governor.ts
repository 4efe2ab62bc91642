/**
 * Keeps the media sent to an app's sessions within the app's bound. It does not count packets but uses the billing
 * figures, read every two seconds; what exceeds the bound in between is sent. While an app is above its bound, new
 * subscriptions are refused, and as many of the newest ones as necessary are held: video before audio, and data channels last.
 */
import type { AppUsage } from '../app-usage.ts';
import type { CancelTimer, Clock } from '../clock.ts';
import { type Negotiation, subscriptions } from '../negotiation/index.ts';
import type { AppShares } from './app-shares.ts';

const INTERVAL_MS = 2_000;
/** Above this share of the bound, new subscriptions are refused. */
const NEARLY_FULL_SHARE = 0.95;
/** A held subscription is released once its estimated rate fits below this share of the bound. */
const RELEASE_SHARE = 0.9;
/** How much more a video subscription is assumed to carry than an audio one, since single subscriptions are not measured. */
const VIDEO_WEIGHT = 20;
/** Data is held last, because a receiver misses the messages of that time for good. */
const DATA_WEIGHT = 0.5;
/** The delay doubles each time a release turns out to be too much. */
const MIN_RELEASE_DELAY_MS = 4_000;
const MAX_RELEASE_DELAY_MS = 64_000;
const BITS_PER_BYTE = 8;
const MS_PER_SECOND = 1_000;

/** A session whose subscriptions can be held: they are sent nothing and otherwise stay as they are. */
export interface GovernedSession {
  readonly appId: string;
  readonly negotiation: Negotiation;
  readonly data: { readonly subscribed: { all(): readonly { readonly id: string; readonly isPaused: boolean }[] } };
  /** @param heldIds of subscriptions to tracks and data channels; those of other sessions are ignored */
  hold(heldIds: ReadonlySet<string>): void;
}

export interface EgressGovernorOptions {
  readonly shares: AppShares;
  readonly clock: Clock;
  /** Returns what was carried since the last call. */
  readonly measure: () => Promise<readonly AppUsage[]>;
  /** Returns all sessions of this node, oldest first. */
  readonly sessions: () => readonly GovernedSession[];
}

interface Candidate {
  readonly session: GovernedSession;
  readonly id: string;
  readonly weight: number;
}

interface AppState {
  /** Estimated rates of held subscriptions by their ids, in the order in which they were held. */
  readonly held: Map<string, number>;
  releaseDelayMs: number;
  releaseNotBeforeMs: number;
}

export class EgressGovernor {
  readonly #options: EgressGovernorOptions;
  readonly #apps = new Map<string, AppState>();
  #cancelTimer: CancelTimer | undefined = undefined;
  #measuredAtMs = 0;
  #isMeasuring = false;
  #isClosed = false;

  constructor(options: EgressGovernorOptions) {
    this.#options = options;
  }

  /** The number of held subscriptions. */
  get heldSubscriptions(): number {
    return [...this.#apps.values()].reduce((sum, { held }) => sum + held.size, 0);
  }

  /** Starts to measure if any app has a bound. Call it when sessions are added. */
  watch(): void {
    if (this.#cancelTimer !== undefined || this.#isClosed || this.#options.shares.limitedEgress().size === 0) return;
    this.#measuredAtMs = this.#options.clock.nowMs();
    this.#schedule();
  }

  /** Looks at once, because a bound has changed. */
  enforce(): void {
    this.watch();
    // A measurement that is under way reads the bounds when it has its answer.
    if (this.#cancelTimer === undefined || this.#isMeasuring) return;
    this.#cancelTimer();
    void this.#tick();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelTimer?.();
  }

  #schedule(): void {
    this.#cancelTimer = this.#options.clock.schedule(INTERVAL_MS, () => void this.#tick());
  }

  async #tick(): Promise<void> {
    const { shares, clock, measure } = this.#options;
    this.#isMeasuring = true;
    // Without an answer, held subscriptions stay held until the next one.
    const usage = await measure().catch(() => undefined);
    this.#isMeasuring = false;
    if (this.#isClosed) return;
    const elapsedMs = clock.nowMs() - this.#measuredAtMs;
    this.#measuredAtMs = clock.nowMs();
    const limits = shares.limitedEgress();
    for (const [appId, state] of this.#apps) if (!limits.has(appId)) this.#forget(appId, state);
    if (usage !== undefined) {
      for (const [appId, limitBps] of limits) this.#govern(appId, limitBps, bitrateOf(appId, usage, elapsedMs));
    }
    this.#cancelTimer = undefined;
    if (limits.size > 0) this.#schedule();
  }

  #govern(appId: string, limitBps: number, bitrateBps: number): void {
    const state = this.#apps.get(appId) ?? { held: new Map(), releaseDelayMs: 0, releaseNotBeforeMs: Number.NEGATIVE_INFINITY };
    this.#apps.set(appId, state);
    const live = this.#options.sessions().flatMap((session) => (session.appId === appId ? candidatesOf(session, limitBps) : []));
    const before = new Set(state.held.keys());
    const liveIds = new Set(live.map(({ id }) => id));
    for (const id of before) if (!liveIds.has(id)) state.held.delete(id);
    // Where nothing may be sent at all, a moment without traffic does not release anything.
    if (bitrateBps > limitBps || limitBps === 0) this.#hold(state, live, bitrateBps, limitBps);
    else this.#release(state, limitBps * RELEASE_SHARE - bitrateBps);
    this.#options.shares.noteEgress(appId, state.held.size > 0 || bitrateBps > limitBps * NEARLY_FULL_SHARE);
    const held = new Set(state.held.keys());
    const changed = new Set(live.flatMap(({ id, session }) => (before.has(id) === held.has(id) ? [] : [session])));
    for (const session of changed) session.hold(held);
  }

  #hold(state: AppState, live: readonly Candidate[], bitrateBps: number, limitBps: number): void {
    const sent = live.filter(({ id }) => !state.held.has(id));
    const bpsOfWeight = bitrateBps / sent.reduce((sum, { weight }) => sum + weight, 0);
    let excessBps = limitBps === 0 ? Number.POSITIVE_INFINITY : bitrateBps - limitBps;
    for (const { id, weight } of newestVideoFirst(sent)) {
      if (excessBps <= 0) break;
      state.held.set(id, weight * bpsOfWeight);
      excessBps -= weight * bpsOfWeight;
    }
    const nowMs = this.#options.clock.nowMs();
    const isRepeated = nowMs - state.releaseNotBeforeMs < MAX_RELEASE_DELAY_MS;
    state.releaseDelayMs = isRepeated ? Math.min(MAX_RELEASE_DELAY_MS, 2 * state.releaseDelayMs) : MIN_RELEASE_DELAY_MS;
    state.releaseNotBeforeMs = nowMs + state.releaseDelayMs;
  }

  /** Releases the subscriptions that were held last: audio, then the oldest video. */
  #release(state: AppState, roomBps: number): void {
    if (this.#options.clock.nowMs() < state.releaseNotBeforeMs) return;
    let leftBps = roomBps;
    for (const [id, estimateBps] of [...state.held].reverse()) {
      if (estimateBps > leftBps) return;
      state.held.delete(id);
      leftBps -= estimateBps;
    }
  }

  #forget(appId: string, { held }: AppState): void {
    this.#apps.delete(appId);
    this.#options.shares.noteEgress(appId, false);
    if (held.size === 0) return;
    for (const session of this.#options.sessions()) if (session.appId === appId) session.hold(new Set());
  }
}

function bitrateOf(appId: string, usage: readonly AppUsage[], elapsedMs: number): number {
  const own = usage.filter((each) => each.appId === appId);
  const bytes = own.reduce((sum, each) => sum + each.bytes.down + each.bytes.retransmitted + each.bytes.data, 0);
  return (bytes * BITS_PER_BYTE * MS_PER_SECOND) / Math.max(1, elapsedMs);
}

/**
 * Subscriptions that the client has paused carry nothing, so they are no candidates. Where nothing may be sent at all, paused data channels
 * are candidates as well, because what their client sends on them would still reach others.
 */
function candidatesOf(session: GovernedSession, limitBps: number): Candidate[] {
  const media = subscriptions(session.negotiation).filter(({ subscription }) => !subscription.isPaused);
  const data = session.data.subscribed.all().filter(({ isPaused }) => !isPaused || limitBps === 0);
  return [
    ...media.map(({ section, subscription: { id } }) => ({ session, id, weight: section.kind === 'video' ? VIDEO_WEIGHT : 1 })),
    ...data.map(({ id }) => ({ session, id, weight: DATA_WEIGHT })),
  ];
}

function newestVideoFirst(candidates: readonly Candidate[]): Candidate[] {
  return [...candidates].reverse().sort((one, other) => other.weight - one.weight);
}
