import type { GeoPoint, NodeRecord } from '@causeway/sfu';

/** Nodes above this load get sessions only if no other node can take them. */
const MAX_COMFORTABLE_LOAD = 0.7;

export interface NodeChoice {
  readonly self: NodeRecord;
  readonly others: readonly NodeRecord[];
  /** Undefined if unknown. */
  readonly client: GeoPoint | undefined;
  /** The region that the client asked for. */
  readonly region: string | undefined;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/**
 * Ranks the nodes for a new session, best first. Draining nodes are excluded.
 *
 * A client with an unknown location stays at the node that it called, however busy, as long as that node accepts
 * sessions. Otherwise regions are ordered by distance, and within the nearest one, the less loaded of two randomly
 * chosen nodes comes first: always choosing the least loaded one would send all clients to the same node until its new
 * load is known. Stressed and full nodes come last.
 */
export function rankNodes({ self, others, client, region, random }: NodeChoice): readonly NodeRecord[] {
  const isCandidate = (node: NodeRecord): boolean => node.state !== 'draining' && (region === undefined || node.region === region);
  const candidates = [self, ...others].filter(isCandidate);
  const [comfortable, busy] = [candidates.filter(isComfortable), candidates.filter((node) => !isComfortable(node))];
  const ranked = [comfortable, busy].flatMap((nodes) => inOrder(nodes, self, client ?? self.location, random));
  const stays = client === undefined && self.state === 'serving' && candidates.includes(self);
  return stays ? [self, ...ranked.filter((node) => node !== self)] : ranked;
}

function isComfortable({ state, load }: NodeRecord): boolean {
  return state === 'serving' && load < MAX_COMFORTABLE_LOAD;
}

function inOrder(nodes: readonly NodeRecord[], self: NodeRecord, from: GeoPoint | undefined, random: () => number): readonly NodeRecord[] {
  const groups = [...Map.groupBy(nodes, (node) => node.region).values()].map((members) => ({
    members,
    km: distanceOf(members, from),
  }));
  const isHome = (members: readonly NodeRecord[]): boolean => members.some(({ region }) => region === self.region);
  groups.sort((a, b) => (a.km === b.km ? Number(isHome(b.members)) - Number(isHome(a.members)) : a.km - b.km));
  return groups.flatMap(({ members }) => byTwoChoices(members, random));
}

/** Returns the distance of the nearest node; infinite if no location is known. */
function distanceOf(nodes: readonly NodeRecord[], from: GeoPoint | undefined): number {
  const distances = nodes.map(({ location }) => (from === undefined || location === undefined ? Infinity : greatCircleKm(from, location)));
  return Math.min(...distances);
}

function byTwoChoices(nodes: readonly NodeRecord[], random: () => number): readonly NodeRecord[] {
  const [first, second] = shuffled(nodes, random);
  const winner = first !== undefined && second !== undefined && second.load < first.load ? second : first;
  const rest = nodes.filter((node) => node !== winner).sort((a, b) => a.load - b.load);
  return winner === undefined ? [] : [winner, ...rest];
}

function shuffled(nodes: readonly NodeRecord[], random: () => number): readonly NodeRecord[] {
  return nodes
    .map((node) => ({ node, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ node }) => node);
}

const EARTH_RADIUS_KM = 6_371;
const RADIANS_PER_DEGREE = Math.PI / 180;

/** Returns the distance over the surface of the earth by the haversine formula, accurate to half a percent. */
export function greatCircleKm(a: GeoPoint, b: GeoPoint): number {
  const latitudeA = a.latitudeDegrees * RADIANS_PER_DEGREE;
  const latitudeB = b.latitudeDegrees * RADIANS_PER_DEGREE;
  const longitudes = (b.longitudeDegrees - a.longitudeDegrees) * RADIANS_PER_DEGREE;
  const chord = Math.sin((latitudeB - latitudeA) / 2) ** 2 + Math.cos(latitudeA) * Math.cos(latitudeB) * Math.sin(longitudes / 2) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
}
