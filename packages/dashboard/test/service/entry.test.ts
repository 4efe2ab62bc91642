import { readEntry } from '../../src/service/entry.ts';

test('recognises the page to which an OpenID provider sends browsers back', () => {
  expect(readEntry('/sfu/oidc', '', '?code=abc&state=def')).toEqual({ kind: 'provider', query: '?code=abc&state=def' });
});

test.each([
  ['/', '', { kind: 'console' }],
  ['/', '#/apps/demo', { kind: 'console' }],
  ['/', '#/apps/demo?app=x&secret=y', { kind: 'console' }],
  ['/', '#anything', { kind: 'console' }],
  ['/', '#app=demo&secret=s3cret', { kind: 'bench', credentials: { appId: 'demo', secret: 's3cret' } }],
  ['/sfu/', '#app=demo', { kind: 'bench', credentials: { appId: 'demo' } }],
  ['/setup', '#cwsetup_abc', { kind: 'one-time', page: 'setup', token: 'cwsetup_abc' }],
  ['/sfu/invitation', '#cwi_abc', { kind: 'one-time', page: 'invitation', token: 'cwi_abc' }],
  ['/setup', '', { kind: 'one-time', page: 'setup', token: '' }],
])('the address %s%s is read as %j', (path, fragment, entry) => {
  expect(readEntry(path, fragment)).toEqual(entry);
});
