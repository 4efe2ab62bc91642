import { createAddressSet, createGeoChain, createGeoipLiteGeo, createStaticGeo, loadGeoipLite } from '@causeway/cluster';

const BERLIN = { latitudeDegrees: 52.5, longitudeDegrees: 13.4 };
const SYDNEY = { latitudeDegrees: -33.9, longitudeDegrees: 151.2 };

test.each([
  ['10.1.2.3', true],
  ['::ffff:10.1.2.3', true],
  ['11.0.0.1', false],
  ['2001:db8:1::5', true],
  ['2001:db9::5', false],
  ['192.0.2.7', true],
  ['192.0.2.8', false],
  ['::1', false],
  ['', false],
  ['localhost', false],
  ['10.1.2.3.4', false],
])('a set of ranges tells about %j: %p', (address, isIn) => {
  expect(createAddressSet(['10.0.0.0/8', '2001:db8::/32', '192.0.2.7']).has(address)).toBe(isIn);
});

test.each(['10.0.0.0/33', '10.0.0.0/x', 'localhost', '10.0.0.0/-1', '2001:db8::/129'])('%s is not a range', (range) => {
  expect(() => createAddressSet([range])).toThrow(`${range} is not a range of IP addresses`);
});

test('of what an operator wrote down, the narrowest range counts', () => {
  const geo = createStaticGeo([
    { range: '10.0.0.0/8', location: BERLIN },
    { range: '10.9.0.0/16', location: SYDNEY },
  ]);

  expect(geo.locate('10.1.0.1')).toEqual(BERLIN);
  expect(geo.locate('10.9.0.1')).toEqual(SYDNEY);
  expect(geo.locate('192.0.2.1')).toBeUndefined();
  expect(geo.locate('not an address')).toBeUndefined();
});

test('resolvers are asked in their order, and none knows nothing', () => {
  const first = { locate: (address: string) => (address === '192.0.2.1' ? BERLIN : undefined) };
  const second = { locate: () => SYDNEY };

  expect(createGeoChain([first, second]).locate('192.0.2.1')).toEqual(BERLIN);
  expect(createGeoChain([first, second]).locate('192.0.2.2')).toEqual(SYDNEY);
  expect(createGeoChain([]).locate('192.0.2.1')).toBeUndefined();
});

test.each([[null], [{}], [{ ll: [0, 0] as const }], [{ ll: [null, null] as const }]])(
  'geoip-lite that answers %j knows nothing',
  (answer) => {
    expect(createGeoipLiteGeo({ lookup: () => answer }).locate('192.0.2.1')).toBeUndefined();
  },
);

test('the real geoip-lite locates public addresses, but not private and loopback ones', async () => {
  const geo = await loadGeoipLite();

  // Wikimedia's in Amsterdam, for years.
  expect(geo?.locate('91.198.174.192')?.latitudeDegrees).toBeCloseTo(52.4, 0);
  expect(geo?.locate('91.198.174.192')?.longitudeDegrees).toBeCloseTo(4.9, 0);
  expect(geo?.locate('::ffff:91.198.174.192')).toEqual(geo?.locate('91.198.174.192'));
  for (const address of ['127.0.0.1', '::1', '10.0.0.1', '192.168.1.1', 'fd00::1', '169.254.1.1', '', 'x']) {
    expect(geo?.locate(address)).toBeUndefined();
  }
});
