import type { AdminNode } from '@causeway/protocol';
import { placeOf } from './world-land.ts';

/** Nodes that are so close to each other that the map shows one dot for them, in degrees. */
const SAME_PLACE_DEGREES = 3;

/** A dot of the map. */
export interface MapPlace {
  readonly nodes: readonly AdminNode[];
  readonly xPercent: number;
  readonly yPercent: number;
}

/** Groups the nodes that have a location by places that can be told apart on the map. */
export function placesOf(nodes: readonly AdminNode[]): readonly MapPlace[] {
  const cellOf = (degrees: number) => Math.round(degrees / SAME_PLACE_DEGREES);
  const located = nodes.flatMap((node) => (node.location === undefined ? [] : [{ node, location: node.location }]));
  const groups = Map.groupBy(located, ({ location }) => `${cellOf(location.latitudeDegrees)} ${cellOf(location.longitudeDegrees)}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ nodes: group.map(({ node }) => node), ...placeOf(first.location) }];
  });
}
