import { placeOf } from '../../src/pages/world-land.ts';
import { placesOf } from '../../src/pages/world-places.ts';

const nodeAt = (nodeNo: number, region: string, location?: readonly [number, number]) => ({
  nodeNo,
  region,
  state: 'serving' as const,
  load: 0,
  version: '1',
  isSelf: false,
  ...(location === undefined ? {} : { location: { latitudeDegrees: location[0], longitudeDegrees: location[1] } }),
});

test.each([
  ['the point where the map begins', 84, -180, 0, 0],
  ['the equator in the middle', 0, 0, 50, 58.33],
  ['the end of the map', -60, 180, 100, 100],
  ['the south pole, which the map has at its edge', -90, 180, 100, 100],
])('%s is drawn in its place', (_what, latitudeDegrees, longitudeDegrees, xPercent, yPercent) => {
  const place = placeOf({ latitudeDegrees, longitudeDegrees });

  expect(place.xPercent).toBeCloseTo(xPercent, 2);
  expect(place.yPercent).toBeCloseTo(yPercent, 2);
});

test('nodes in one city share a dot, and nodes without a location have none', () => {
  const places = placesOf([nodeAt(1, 'eu', [52.5, 13.4]), nodeAt(2, 'eu', [52.4, 13.1]), nodeAt(3, 'us', [40.7, -74]), nodeAt(4, 'local')]);

  expect(places.map(({ nodes }) => nodes.map(({ nodeNo }) => nodeNo))).toEqual([[1, 2], [3]]);
});
