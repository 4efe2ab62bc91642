import type { ForwardingSample } from '../../src/measure/forwarding-window.ts';

const PUBLISHED = 1000;

/** A window in which a packet that is published costs so many CPU us, of which each part of the contestant has spent so many. */
export function costSample(subscribersPerTrack: number, microsByPart: readonly number[]): ForwardingSample {
  const partsMicros = microsByPart.map((micros) => micros * PUBLISHED);
  return {
    cpuMicros: partsMicros.reduce((sum, micros) => sum + micros, 0),
    partsMicros,
    forwarded: subscribersPerTrack * PUBLISHED,
    lost: 0,
    duplicates: 0,
    checked: 0,
    corrupted: 0,
    latenciesMs: [],
  };
}
