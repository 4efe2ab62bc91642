/** Computes what a viewer saw in a span of time. */

/** A frame that was presented to the viewer. */
export interface SeenFrame {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly height: number;
}

/** Sound that was played up to a moment. */
export interface SoundFigures {
  readonly samples: number;
  readonly concealed: number;
  readonly bufferedSeconds: number;
  readonly emitted: number;
}

type Frames = readonly SeenFrame[];

export function framesPerSecond(frames: Frames, fromMs: number, toMs: number): number {
  return (1000 * within(frames, fromMs, toMs).length) / (toMs - fromMs);
}

/** Returns the longest time without a new frame, in ms. */
export function longestGapMs(frames: Frames, fromMs: number, toMs: number): number {
  const times = [fromMs, ...within(frames, fromMs, toMs).map(({ atMs }) => atMs), toMs];
  return Math.max(...times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0)));
}

/** Returns how long after `fromMs` a frame of at least this height came; Infinity if none did. */
export function msUntil(frames: Frames, fromMs: number, height = 0): number {
  return (frames.find((frame) => frame.atMs >= fromMs && frame.height >= height)?.atMs ?? Number.POSITIVE_INFINITY) - fromMs;
}

/** Returns how long after `fromMs` the last standstill of more than `gapMs` ended that began within five seconds; 0 if there was none. */
export function msUntilMoving(frames: Frames, fromMs: number, gapMs: number): number {
  const times = [fromMs, ...frames.map(({ atMs }) => atMs).filter((atMs) => atMs > fromMs), Number.POSITIVE_INFINITY];
  const index = times.findLastIndex((atMs, place) => atMs < fromMs + 5000 && (times[place + 1] ?? atMs) - atMs > gapMs);
  return index < 0 ? 0 : (times[index + 1] ?? 0) - fromMs;
}

/** Returns the height that most frames had. */
export function usualHeight(frames: Frames, fromMs: number, toMs: number): number {
  const counts = new Map<number, number>();
  for (const { height } of within(frames, fromMs, toMs)) counts.set(height, (counts.get(height) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0] ?? 0;
}

export function concealedPercent(before: SoundFigures, after: SoundFigures): number {
  return (100 * (after.concealed - before.concealed)) / (after.samples - before.samples);
}

export function jitterBufferMs(before: SoundFigures, after: SoundFigures): number {
  return (1000 * (after.bufferedSeconds - before.bufferedSeconds)) / (after.emitted - before.emitted);
}

function within(frames: Frames, fromMs: number, toMs: number): Frames {
  return frames.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
}
