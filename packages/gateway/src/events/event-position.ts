/**
 * How far a client has read, as the `id:` of an event stream states it: `101-1771845600000001`, and in a cluster one of these for each
 * node, separated by commas. Opaque to clients.
 */
import type { ApiEvent } from '@causeway/protocol';

const POSITION = /^([0-9]{1,5})-([0-9]{1,16})$/;
/** A cluster has hundreds of nodes at most, and a header 16 KiB. */
const MAX_POSITIONS = 700;
/** Limits nodes that are absent now: they may come back, but anyone can invent them, and all are written into every message. */
const MAX_ABSENT_NODES = 16;

/** Serial of the last event that was read, by node number. */
export type EventPositions = ReadonlyMap<number, number>;

export function formatPosition(nodeNo: number, serial: number): string {
  return `${nodeNo}-${serial}`;
}

export function formatPositions(positions: EventPositions): string {
  return [...positions].map(([nodeNo, serial]) => formatPosition(nodeNo, serial)).join(',');
}

/** @returns undefined if the text is not a position that we have issued */
export function parsePositions(text: string): EventPositions | undefined {
  const matches = text.split(',', MAX_POSITIONS + 1).map((part) => POSITION.exec(part));
  if (matches.length > MAX_POSITIONS || matches.includes(null)) return undefined;
  return new Map(matches.map((match) => [Number(match?.[1]), Number(match?.[2])]));
}

/**
 * Leaves out what is not worth keeping.
 *
 * @returns positions of nodes that are there, and of those that were heard of last among the others
 */
export function positionsToKeep(positions: EventPositions, isThere: (nodeNo: number) => boolean): EventPositions {
  const absent = [...positions].filter(([nodeNo]) => !isThere(nodeNo)).toSorted(([, one], [, other]) => other - one);
  const left = new Set(absent.slice(MAX_ABSENT_NODES).map(([nodeNo]) => nodeNo));
  return new Map([...positions].filter(([nodeNo]) => !left.has(nodeNo)));
}

/**
 * The message that tells a client that it missed some events of a node.
 *
 * @param serial where it stands among them
 * @param atMs milliseconds since 1970
 */
export function describeLoss(nodeNo: number, serial: number, atMs: number): string {
  const event: ApiEvent = { id: formatPosition(nodeNo, serial), type: 'events.lost', at: new Date(atMs).toISOString() };
  return JSON.stringify(event);
}
