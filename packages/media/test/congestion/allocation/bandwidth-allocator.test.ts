import { type AllocatedTrack, BandwidthAllocator, type LayerGrant } from '../../../src/congestion/allocation/bandwidth-allocator.ts';
import { StepGuard } from '../../../src/congestion/allocation/step-guard.ts';
import { ALL_LAYERS, type LayerOption } from '../../../src/publisher/layer-catalogue.ts';
import { Timers } from '../../../src/timers.ts';

const KBPS = 1000;
/** What is left of an estimate for layers. */
const USABLE = 0.95;

/** A track that is sent whatever it is granted, at once. */
class ObedientTrack implements AllocatedTrack {
  readonly isAdaptive = true;
  readonly guard = new StepGuard();
  readonly isWishNew = false;
  readonly bytesResent = 0;
  readonly priority: number;
  #options: readonly LayerOption[];
  granted: LayerOption | undefined = undefined;
  isDecided = false;
  isSentBest = false;
  isShort = false;

  constructor(priority: number, ...costsKbps: readonly number[]) {
    this.priority = priority;
    this.#options = [];
    this.cost(...costsKbps);
  }

  /** Its layers cost this much from now on. */
  cost(...costsKbps: readonly number[]): void {
    this.#options = costsKbps.map((kbps, place) => optionOf(`${place}`, kbps * KBPS));
  }

  get spentBps(): number {
    return this.granted?.costBps ?? 0;
  }

  get grantedKbps(): number {
    return (this.granted?.costBps ?? 0) / KBPS;
  }

  layerOptions(): readonly LayerOption[] {
    return this.#options;
  }

  fixedCostBps(): number {
    return 0;
  }

  /** Its best layer has just begun to arrive, or has been there for a while. */
  set isBestNew(isNew: boolean) {
    this.#options = this.#options.map((option, place) => ({ ...option, isNew: isNew && place === this.#options.length - 1 }));
  }

  grant(_nowMs: number, { option, quality, isShort }: LayerGrant): void {
    this.granted = option;
    this.isDecided = true;
    this.isSentBest = quality === 'full';
    this.isShort = isShort;
  }
}

function optionOf(rid: string, costBps: number): LayerOption {
  const stream = { rid } as LayerOption['stream'];
  return { stream, maxSpatialId: ALL_LAYERS, maxTemporalId: ALL_LAYERS, width: 0, height: 0, framesPerSecond: 30, costBps, isNew: false };
}

/** An allocator for these tracks, which looks at them twice a second. */
function share(...tracks: readonly ObedientTrack[]) {
  const timers = new Timers();
  const path = {
    budgetBps: undefined as number | undefined,
    isOverusing: false,
    isProbed: true,
    isProven: () => false,
    setDemand: () => undefined,
  };
  const allocator = new BandwidthAllocator({
    timers,
    path,
    tracks,
    onDefect: (error) => {
      throw error;
    },
  });
  let nowMs = 0;
  allocator.runSoon(nowMs);
  const run = (durationMs: number, kbps: number) => {
    path.budgetBps = (kbps * KBPS) / USABLE;
    for (const endMs = nowMs + durationMs; nowMs <= endMs; nowMs += 100) timers.fireDue(nowMs);
    return tracks.map(({ grantedKbps }) => grantedKbps);
  };
  return { run, allocator, path };
}

test('what one track may not have yet is for the others', () => {
  // The important one would fit with 1,100 of 1,150, but not with a tenth to spare.
  const { run } = share(new ObedientTrack(4, 100, 1000), new ObedientTrack(1, 100, 500));
  const before = run(5000, 800);

  expect(before).toEqual([100, 500]);
  expect(run(5000, 1150)).toEqual([100, 500]);
  expect(run(5000, 1250)).toEqual([1000, 100]);
});

test('a track that gets all is told, too, that the path does not carry all of the others', () => {
  const best = new ObedientTrack(4, 1000);
  const other = new ObedientTrack(1, 100, 500);
  const { run, allocator } = share(best, other);

  run(3000, 1200);
  const narrow = [best.isShort, other.isShort];
  const withheld = allocator.withheldShare;
  run(3000, 2000);

  expect(narrow).toEqual([true, true]);
  expect(withheld).toBeCloseTo(400 / 1500);
  expect([best.isShort, other.isShort, allocator.withheldShare]).toEqual([false, false, 0]);
});

test('a layer whose encoder swings about what fits is not given up and taken again', () => {
  const track = new ObedientTrack(1, 150, 500);
  const { run } = share(track);
  const seen: number[] = [];
  run(3000, 600);

  for (let second = 0; second < 120; second++) {
    track.cost(150, 570 + 50 * Math.sin(second / 3));
    seen.push(...run(1000, 600));
  }

  expect(Math.min(...seen)).toBeGreaterThan(150);
});

test('a layer that swings is given up all the same when a queue grows', () => {
  const track = new ObedientTrack(1, 150, 500);
  const { run, path } = share(track);
  run(3000, 600);
  track.cost(150, 620);
  const calm = run(2000, 600);

  path.isOverusing = true;

  expect(calm).toEqual([620]);
  expect(run(1000, 600)).toEqual([150]);
});

test('a layer that has just begun to arrive is not believed to cost what it does in its first moments', () => {
  const track = new ObedientTrack(1, 150);
  const { run } = share(track);
  run(3000, 600);
  track.cost(150, 300);
  track.isBestNew = true;
  const young = run(2500, 600);

  track.cost(150, 1750);

  expect(young).toEqual([150]);
  expect(run(5000, 600)).toEqual([150]);
});
