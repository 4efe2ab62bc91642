/**
 * Decides which layer of each track is sent to a peer, so that all of them together fit its path. The decision is updated whenever the
 * estimate, a wish or a layer changes, and twice a second.
 */
import type { GrantedQuality, LayerChangeReason } from '../../plan.ts';
import type { LayerOption } from '../../publisher/layer-catalogue.ts';
import type { Timer, Timers } from '../../timers.ts';
import { type AllocationWish, allocate, costOf, NO_GRANT, nextCost } from './allocate.ts';
import { RepairRate } from './repair-rate.ts';
import type { StepGuard } from './step-guard.ts';
import { TrialStep } from './trial-step.ts';

const INTERVAL_MS = 500;
const GRID_MS = 50;
/** If the estimate is used completely, there is no room for a frame larger than the others. */
const USABLE = 0.95;
/** A better layer must fit with this factor to spare. */
const ROOM = 1.1;
/** Encoders vary around their target by about this much, so a layer that is being sent counts as cheaper by this factor. */
const DISCOUNT = 0.92;
/** How far the budget may be exceeded while a lower layer's keyframe is awaited. */
const TOLERATED = 1.2;
/**
 * Demands that differ by less do not cause another probe. The factor has to be small, because probes do not go much further than the
 * demand.
 */
const WORTH_TELLING = 1.03;

/** The path to one peer. */
export interface AllocatedPath {
  /** Undefined if it is unknown what the path carries; nothing is then held back. */
  readonly budgetBps: number | undefined;
  /** Whether a queue is growing on the path. */
  readonly isOverusing: boolean;
  /** Whether probes show what the path carries. Otherwise only sending more does. */
  readonly isProbed: boolean;
  /** Whether the path has just been shown to carry this much. */
  isProven(bitrateBps: number): boolean;
  /** Sets how much would be sent if the path carried it. */
  setDemand(bitrateBps: number): void;
}

/** The decision about one track. */
export interface LayerGrant {
  /** Undefined if no option fits, or no acceptable one arrives. */
  readonly option: LayerOption | undefined;
  readonly quality: GrantedQuality;
  readonly reason: LayerChangeReason;
  /** Whether the best layers of all tracks together do not fit the path, or only just. */
  readonly isShort: boolean;
  /** Whether a queue is growing on the path. */
  readonly isOverusing: boolean;
  /** Whether the present layer must stop at once; otherwise it may continue until the next keyframe of the new one. */
  readonly isUrgent: boolean;
}

/** One track that the peer watches or listens to. */
export interface AllocatedTrack {
  /** Whether there is something to decide: a wanted video track whose source exists. */
  readonly isAdaptive: boolean;
  readonly priority: number;
  readonly guard: StepGuard;
  /** The last grant; undefined before that, and if nothing fitted. */
  readonly granted: LayerOption | undefined;
  /** Whether anything was ever decided for the present source. */
  readonly isDecided: boolean;
  /** Whether the last grant was the best acceptable option that arrived. */
  readonly isSentBest: boolean;
  /** Whether the wish has changed since the last grant. */
  readonly isWishNew: boolean;
  /** The acceptable options, ascending in quality and cost; undefined if nothing arrives, so that there is no choice. */
  layerOptions(nowMs: number): readonly LayerOption[] | undefined;
  /** What the track costs now, in bit/s. Until the keyframe of the granted layer has arrived, that is the cost of another layer. */
  readonly spentBps: number;
  /** Total bytes of its retransmissions. */
  readonly bytesResent: number;
  /** The cost of what is sent regardless of the decision, which is audio. */
  fixedCostBps(nowMs: number): number;
  grant(nowMs: number, grant: LayerGrant): void;
}

export interface BandwidthAllocatorOptions {
  readonly timers: Timers;
  readonly path: AllocatedPath;
  readonly tracks: { values(): Iterable<AllocatedTrack> };
  readonly onDefect: (error: unknown) => void;
}

export class BandwidthAllocator implements Timer {
  readonly #options: BandwidthAllocatorOptions;
  readonly #repairs = new RepairRate();
  /** Created for a path that cannot be probed. */
  #trial: TrialStep | undefined = undefined;
  /** What was left over in the last round. */
  #leftBps = 0;
  #demandBps = 0;
  #withheldShare = 0;
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;

  constructor(options: BandwidthAllocatorOptions) {
    this.#options = options;
  }

  /** Whether the path limits what is sent. */
  get isLimited(): boolean {
    return this.limitBps !== undefined;
  }

  /** What the path carries in bit/s; undefined if no limit of it is known. */
  get limitBps(): number | undefined {
    return this.#options.path.budgetBps;
  }

  /** Share of the wanted bitrate that is not sent because the path does not carry it, 0 to 1. */
  get withheldShare(): number {
    return this.#withheldShare;
  }

  /** Schedules a round as soon as possible, because something has changed. Several changes share one round. */
  runSoon(nowMs: number): void {
    if (this.deadlineMs > nowMs) this.#options.timers.schedule(nowMs, this);
  }

  /** Decides about a track that is new or has another source, within what is left over. The round that follows shares the budget again. */
  place(nowMs: number, track: AllocatedTrack): void {
    this.runSoon(nowMs);
    if (!track.isAdaptive || (track.isDecided && this.isLimited)) return;
    const options = track.layerOptions(nowMs);
    if (options === undefined) return;
    const leftBps = this.isLimited ? this.#leftBps : Number.POSITIVE_INFINITY;
    const index = options.findLastIndex(({ costBps }) => costBps <= leftBps);
    // What does not fit in addition to the others may fit in place of one.
    if (index < 0 && this.isLimited) return;
    this.#leftBps -= options[index]?.costBps ?? 0;
    grantIndex(nowMs, { track, options }, index, AMPLE);
  }

  fire(nowMs: number): void {
    const tracks = [...this.#options.tracks.values()];
    const adaptive = tracks.filter(({ isAdaptive }) => isAdaptive);
    this.#withheldShare = 0;
    if (adaptive.length === 0) {
      this.#tellDemand(0, []);
      return;
    }
    const { timers } = this.#options;
    timers.schedule(timers.onGrid(nowMs + INTERVAL_MS, GRID_MS), this);
    const choices = choicesOf(nowMs, adaptive);
    const bytesResent = tracks.reduce((sum, track) => sum + track.bytesResent, 0);
    const audioBps = tracks.reduce((sum, track) => sum + track.fixedCostBps(nowMs), 0);
    const fixedBps = audioBps + this.#repairs.update(nowMs, bytesResent);
    this.#tellDemand(fixedBps, choices);
    const { budgetBps } = this.#options.path;
    if (budgetBps === undefined) for (const choice of choices) grantIndex(nowMs, choice, choice.options.length - 1, AMPLE);
    else this.#share(nowMs, USABLE * budgetBps - fixedBps, choices);
  }

  fail(error: unknown): void {
    this.#options.onDefect(error);
  }

  close(): void {
    this.#options.timers.cancel(this);
  }

  #share(nowMs: number, knownBps: number, choices: readonly Choice[]): void {
    const { path } = this.#options;
    const wishes = choices.map(({ track, options }) => ({ costsBps: options.map(({ costBps }) => costBps), priority: track.priority }));
    const budgetBps = path.isProbed ? knownBps : this.#tryMore(nowMs, knownBps, wishes);
    const isTrial = budgetBps > knownBps;
    const roomy = isTrial ? allocate(budgetBps, wishes) : allocate(budgetBps / ROOM, wishes);
    const reachable = withinReach(nowMs, budgetBps, choices, wishes, roomy);
    const fitting = allocate(budgetBps, path.isOverusing ? reachable : withDiscount(choices, reachable));
    const spentBps = choices.reduce((sum, { track }) => sum + track.spentBps, 0);
    const isUrgent = path.isOverusing || spentBps > TOLERATED * Math.max(budgetBps, 0);
    const isProven = isTrial || path.isProven(budgetBps);
    this.#leftBps = budgetBps;
    let wantedBps = 0;
    const isShort = roomy.some((grant, index) => grant < wishes[index].costsBps.length - 1);
    for (const [index, choice] of choices.entries()) {
      const { costsBps } = wishes[index];
      const current = currentIndex(choice);
      const input = { current, fitting: fitting[index], roomy: roomy[index], costsBps, budgetBps, isProven };
      const decided = choice.track.isDecided && !choice.track.isWishNew ? choice.track.guard.decide(nowMs, input) : fitting[index];
      this.#leftBps -= decided === NO_GRANT ? 0 : costsBps[decided];
      wantedBps += costsBps.at(-1) ?? 0;
      grantIndex(nowMs, choice, decided, {
        isUrgent,
        isShort,
        isOverusing: path.isOverusing,
      });
    }
    if (wantedBps > 0) this.#withheldShare = 1 - (budgetBps - this.#leftBps) / wantedBps;
  }

  #tryMore(nowMs: number, budgetBps: number, wishes: readonly AllocationWish[]): number {
    this.#trial ??= new TrialStep();
    const grants = allocate(budgetBps, wishes);
    const grantedBps = costOf(wishes, grants);
    return this.#trial.update(nowMs, {
      budgetBps,
      grantedBps,
      nextBps: nextCost(wishes, grants),
      isOverusing: this.#options.path.isOverusing,
    });
  }

  #tellDemand(fixedBps: number, choices: readonly Choice[]): void {
    const demandBps = (choices.reduce((sum, { options }) => sum + (options.at(-1)?.costBps ?? 0), 0) * ROOM + fixedBps) / USABLE;
    const isSame =
      demandBps === this.#demandBps || (demandBps < WORTH_TELLING * this.#demandBps && demandBps * WORTH_TELLING > this.#demandBps);
    if (isSame) return;
    this.#demandBps = demandBps;
    this.#options.path.setDemand(demandBps);
  }
}

/**
 * Removes options that a track would not be granted now although they fit, so that other tracks can use the budget instead of leaving it
 * unused.
 */
function withinReach(
  nowMs: number,
  budgetBps: number,
  choices: readonly Choice[],
  wishes: readonly AllocationWish[],
  roomy: readonly number[],
): AllocationWish[] {
  return wishes.map((wish, index) => {
    const choice = choices[index];
    const { guard, isDecided, isWishNew } = choice.track;
    if (!isDecided || isWishNew) return wish;
    const current = currentIndex(choice);
    const firstNew = choice.options.findIndex(({ isNew }, place) => isNew && place > Math.max(current, 0));
    const wanted = firstNew < 0 ? roomy[index] : Math.min(roomy[index], firstNew - 1);
    const reach = guard.highest(nowMs, wanted, wish.costsBps, budgetBps);
    const count = 1 + Math.max(reach, current, 0);
    return { ...wish, costsBps: wish.costsBps.slice(0, count) };
  });
}

/** Lowers the cost of what is being sent. As long as no queue grows it evidently fits, even if its encoder is briefly above its target. */
function withDiscount(choices: readonly Choice[], wishes: readonly AllocationWish[]): AllocationWish[] {
  return wishes.map((wish, index) => {
    const choice = choices[index];
    const current = currentIndex(choice);
    if (current <= 0 || !choice.track.isDecided || choice.track.isWishNew) return wish;
    const { costsBps } = wish;
    const lowerBps = costsBps[current - 1];
    const swungBps = Math.max(lowerBps, DISCOUNT * costsBps[current]);
    return { ...wish, costsBps: costsBps.map((costBps, place) => (place === current ? swungBps : costBps)) };
  });
}

const AMPLE = { isUrgent: false, isShort: false, isOverusing: false } as const;

/** A track and its options. */
interface Choice {
  readonly track: AllocatedTrack;
  readonly options: readonly LayerOption[];
}

function choicesOf(nowMs: number, tracks: readonly AllocatedTrack[]): Choice[] {
  const choices: Choice[] = [];
  for (const track of tracks) {
    const options = track.layerOptions(nowMs);
    if (options !== undefined) choices.push({ track, options });
  }
  return choices;
}

/** The index of the option that is being sent. If that layer no longer exists, it is the best option that costs no more. */
function currentIndex({ track: { granted }, options }: Choice): number {
  if (granted === undefined || options.length === 0) return NO_GRANT;
  const same = options.findLastIndex((option) => option.stream.rid === granted.stream.rid && isWithin(option, granted));
  if (same >= 0) return same;
  return Math.max(
    0,
    options.findLastIndex(({ costBps }) => costBps <= granted.costBps),
  );
}

/** Whether an option includes no more layers of its stream than another. */
function isWithin(one: LayerOption, other: LayerOption): boolean {
  if (one.maxSpatialId !== other.maxSpatialId) return one.maxSpatialId < other.maxSpatialId;
  return one.maxTemporalId <= other.maxTemporalId;
}

function grantIndex(
  nowMs: number,
  { track, options }: Choice,
  index: number,
  how: Pick<LayerGrant, 'isUrgent' | 'isShort' | 'isOverusing'>,
): void {
  const option = index === NO_GRANT ? undefined : options[index];
  const isBest = index === options.length - 1;
  const quality = option === undefined ? 'paused' : isBest ? 'full' : 'reduced';
  track.grant(nowMs, { option, quality, reason: reasonOf(track, isBest), ...how });
}

/** The reason for a change. A change to or from less than was asked for is due to bandwidth; any other is due to the publisher. */
function reasonOf(track: AllocatedTrack, isBest: boolean): LayerChangeReason {
  if (!track.isDecided) return 'start';
  if (track.isWishNew) return 'request';
  return isBest && track.isSentBest ? 'publisher' : 'bandwidth';
}
