/** Reads V8's sampling profiles: which functions were on top of the stack, and for what share of the busy time. */

/** The part of a `.cpuprofile` that self time needs (Chrome DevTools protocol, `Profiler.Profile`). */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** Node ids in the order of the samples. */
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

export interface SelfTime {
  /** `function (file:line)`, or V8's own name for what is not a JavaScript function. */
  readonly where: string;
  readonly micros: number;
  /** The share of the time in which the thread was not idle, 0 … 1. */
  readonly share: number;
}

const IDLE = '(idle)';

/** Returns the functions with the most self time, in descending order. */
export function topSelfTimes(profile: CpuProfile, count: number): SelfTime[] {
  const microsByPlace = sumByPlace(profile);
  microsByPlace.delete(IDLE);
  const busyMicros = [...microsByPlace.values()].reduce((sum, micros) => sum + micros, 0);
  return [...microsByPlace]
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([where, micros]) => ({ where, micros, share: micros / busyMicros }));
}

function sumByPlace({ nodes, samples, timeDeltas }: CpuProfile): Map<string, number> {
  const placeById = new Map(nodes.map((node) => [node.id, placeOf(node)]));
  const microsByPlace = new Map<string, number>();
  samples.forEach((id, index) => {
    const place = placeById.get(id);
    // The time of a sample is the delta to the next one, because the thread was seen here until then.
    const micros = timeDeltas[index + 1];
    if (place !== undefined && micros !== undefined) microsByPlace.set(place, (microsByPlace.get(place) ?? 0) + micros);
  });
  return microsByPlace;
}

function placeOf({ callFrame }: ProfileNode): string {
  const name = callFrame.functionName === '' ? '(anonymous)' : callFrame.functionName;
  if (callFrame.url === '') return name;
  return `${name} (${shortUrl(callFrame.url)}:${callFrame.lineNumber + 1})`;
}

/** The path from the repository or package downwards: `packages/media/src/…`, `werift/lib/…`. */
function shortUrl(url: string): string {
  return url.replace(/^file:\/\/.*?\/(?=packages\/)/, '').replace(/^file:\/\/.*\/node_modules\//, '');
}
