import type { AdminNode } from '@causeway/protocol';
import { placeOf } from './world-land.ts';

/** The distance in degrees within which nodes share one dot on the map. */
const SAME_PLACE_DEGREES = 3;

/** A dot of the map. */
export interface MapPlace {
  readonly nodes: readonly AdminNode[];
  readonly xPercent: number;
  readonly yPercent: number;
}

/** Groups the nodes that have a location into places that can be distinguished on the map. */
export function placesOf(nodes: readonly AdminNode[]): readonly MapPlace[] {
  const groups: { readonly location: Location; readonly nodes: AdminNode[] }[] = [];
  for (const node of nodes) {
    const { location } = node;
    if (location === undefined) continue;
    const group = groups.find((each) => isSamePlace(each.location, location));
    if (group === undefined) groups.push({ location, nodes: [node] });
    else group.nodes.push(node);
  }
  return groups.map((group) => ({ nodes: group.nodes, ...placeOf(group.location) }));
}

type Location = NonNullable<AdminNode['location']>;

function isSamePlace(one: Location, other: Location): boolean {
  const [latitude, longitude] = [one.latitudeDegrees - other.latitudeDegrees, one.longitudeDegrees - other.longitudeDegrees];
  return Math.max(Math.abs(latitude), Math.abs(longitude)) < SAME_PLACE_DEGREES;
}
