import type { GeoPoint, NodeRecord } from '@causeway/sfu';
import { seededRandom } from '@causeway/testkit/seeded-random';
import { greatCircleKm, rankNodes } from '../../src/placement/rank-nodes.ts';
import { recordOf } from '../support/test-cluster.ts';

const BERLIN: GeoPoint = { latitudeDegrees: 52.52, longitudeDegrees: 13.4 };
const FRANKFURT: GeoPoint = { latitudeDegrees: 50.11, longitudeDegrees: 8.68 };
const VIRGINIA: GeoPoint = { latitudeDegrees: 39.04, longitudeDegrees: -77.49 };
const SINGAPORE: GeoPoint = { latitudeDegrees: 1.35, longitudeDegrees: 103.82 };

const node = (nodeNo: number, region: string, location: GeoPoint | undefined, change: Partial<NodeRecord> = {}): NodeRecord => ({
  ...recordOf({ nodeNo, region, ...(location && { location }) }, 'http://192.0.2.1'),
  ...change,
});

const eu = node(101, 'eu', FRANKFURT);
const us = node(102, 'us', VIRGINIA);
const ap = node(103, 'ap', SINGAPORE);

function rank(choice: Partial<Parameters<typeof rankNodes>[0]>): readonly number[] {
  const nodes = rankNodes({ self: us, others: [eu, ap], client: undefined, region: undefined, random: () => 0.5, ...choice });
  return nodes.map(({ nodeNo }) => nodeNo);
}

test('the distance from Berlin to Frankfurt is 424 km, and none to itself', () => {
  expect(greatCircleKm(BERLIN, FRANKFURT)).toBeCloseTo(424, -1);
  expect(greatCircleKm(BERLIN, BERLIN)).toBe(0);
  expect(greatCircleKm({ latitudeDegrees: 0, longitudeDegrees: 0 }, { latitudeDegrees: 0, longitudeDegrees: 180 })).toBeCloseTo(20_015, -1);
});

test('a client goes to the nearest region, then to the next', () => {
  expect(rank({ client: BERLIN })).toEqual([101, 102, 103]);
  expect(rank({ client: SINGAPORE })).toEqual([103, 101, 102]);
});

test('a client whose place is unknown stays, and goes to what is near the node it entered by if it must', () => {
  expect(rank({})).toEqual([102, 101, 103]);
  expect(rank({ self: { ...us, load: 0.9 } })).toEqual([102, 101, 103]);
  expect(rank({ self: { ...us, state: 'stressed' } })).toEqual([101, 103, 102]);
});

test('a region that is asked for is the only one', () => {
  expect(rank({ client: BERLIN, region: 'ap' })).toEqual([103]);
  expect(rank({ region: 'nowhere' })).toEqual([]);
});

test('draining nodes get none, stressed and full ones get what no other node accepts', () => {
  expect(rank({ client: BERLIN, others: [{ ...eu, state: 'draining' }, ap] })).toEqual([102, 103]);
  expect(rank({ client: BERLIN, others: [{ ...eu, state: 'stressed' }, ap] })).toEqual([102, 103, 101]);
  expect(rank({ client: BERLIN, others: [{ ...eu, load: 0.7 }, ap] })).toEqual([102, 103, 101]);
  expect(rank({ client: BERLIN, self: { ...us, state: 'draining' }, others: [] })).toEqual([]);
});

test('a node without a location is never the nearest', () => {
  expect(rank({ client: BERLIN, others: [node(104, 'hidden', undefined), ap] })).toEqual([102, 103, 104]);
});

test('within a region the less loaded of two is chosen, so that the idlest does not get all sessions', () => {
  const crowd = Array.from({ length: 10 }, (_unused, index) => node(200 + index, 'eu', FRANKFURT, { load: index / 20 }));
  const random = seededRandom(4);
  const firsts = Array.from({ length: 2_000 }, () => rank({ client: BERLIN, others: crowd, random })[0]);
  const share = (nodeNo: number) => firsts.filter((first) => first === nodeNo).length / firsts.length;

  // The idlest of ten nodes is among the two in one case of five; the most loaded is never the better one.
  expect(share(200)).toBeGreaterThan(0.15);
  expect(share(200)).toBeLessThan(0.25);
  expect(share(209)).toBe(0);
});
