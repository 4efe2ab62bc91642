import { forgetCredentials, parseFragment, storeCredentials, storedCredentials, writeFragment } from '../../src/console/credentials.ts';

function createStorage(initial: Record<string, string> = {}) {
  const items = new Map(Object.entries(initial));
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
    items,
  };
}

test.each([
  ['#app=demo&secret=s3cret', { appId: 'demo', secret: 's3cret' }],
  ['app=demo', { appId: 'demo' }],
  ['#secret=a%2Bb%26c&other=1', { secret: 'a+b&c' }],
  ['#app=%20demo%20&secret=', { appId: 'demo' }],
  ['', {}],
  ['#', {}],
  ['#anchor', {}],
])('the fragment %j is read as %j', (fragment, credentials) => {
  expect(parseFragment(fragment)).toEqual(credentials);
});

test('a fragment that was written is read back', () => {
  const credentials = { appId: 'demo', secret: 'a+b &c=d#e%' };

  expect(parseFragment(writeFragment(credentials))).toEqual(credentials);
});

test('credentials that were stored are read back until they are forgotten', () => {
  const storage = createStorage();
  const credentials = { appId: 'demo', secret: 's3cret' };

  storeCredentials(storage, credentials);
  expect(storedCredentials(storage)).toEqual(credentials);
  forgetCredentials(storage);
  expect(storedCredentials(storage)).toEqual({});
  expect(storage.items.size).toBe(0);
});

test.each(['{', 'null', '"text"', '{"appId":1,"secret":"x"}', '{"appId":"x"}'])(
  'a storage that holds %s holds no credentials',
  (stored) => {
    expect(storedCredentials(createStorage({ 'causeway.credentials': stored }))).toEqual({});
  },
);
