import { askAhead, pageAt } from '../src/first-page.ts';

const API = 'https://sfu.example/below/api/admin/v1';
const GET = { method: 'GET' };

/** Notes what is asked, and answers with the place in that order. */
function sender(statusOf: (url: string) => number = () => 200) {
  const asked: string[] = [];
  const send: typeof fetch = async (input) => {
    asked.push(String(input));
    return new Response(String(asked.length), { status: statusOf(String(input)) });
  };
  return { asked, send };
}

const textOf = async (reply: Promise<Response>) => (await reply).text();

test.each([
  ['', ['/me']],
  ['#', ['/me']],
  ['#/', ['/me']],
  ['#/apps/demo', ['/me', '/apps/demo', '/nodes']],
  ['#/apps/demo/', ['/me', '/apps/demo', '/nodes']],
  ['#/apps/demo/keys?x=1', ['/me', '/apps/demo', '/apps/demo/keys']],
  ['#/apps/demo/sessions/session-1', ['/me', '/apps/demo']],
  ['#/bench', []],
])('the address %s has these reads first', (hash, reads) => {
  expect(pageAt(hash)?.reads).toEqual(reads);
});

test.each(['#/sign-in', '#/apps//keys', '#/apps/demo/keys/more', '#anything'])('the address %s is no page of a person', (hash) => {
  expect(pageAt(hash)).toBeUndefined();
});

test('the page that the address names is the one that is loaded', () => {
  expect(String(pageAt('#/apps/demo/usage')?.load)).toContain('UsagePage');
  expect(String(pageAt('#/apps/demo')?.load)).toContain('AppStartPage');
});

test('what was asked ahead is answered once with that reply, and everything else is sent', async () => {
  const { asked, send } = sender();
  const call = askAhead('https://sfu.example/below/', ['/me', '/nodes'], send, () => 0);
  expect(asked).toEqual([`${API}/me`, `${API}/nodes`]);

  expect(await textOf(call(new URL(`${API}/me`), GET))).toBe('1');
  expect(await textOf(call(`${API}/me`, GET))).toBe('3');
  expect(await textOf(call(`${API}/nodes`, { method: 'POST' }))).toBe('4');
  expect(await textOf(call(`${API}/apps`, GET))).toBe('5');
});

test('after a refusal nothing that was asked ahead is used, since someone else may sign in', async () => {
  const { asked, send } = sender((url) => (url.endsWith('/me') ? 401 : 200));
  const call = askAhead('https://sfu.example/below/', ['/me', '/nodes'], send, () => 0);

  expect((await call(`${API}/me`, GET)).status).toBe(401);
  expect(await textOf(call(`${API}/nodes`, GET))).toBe('3');
  expect(asked).toHaveLength(3);
});

test('after a change nothing that was asked ahead is used, since someone may have signed out', async () => {
  const { send } = sender();
  const call = askAhead('https://sfu.example/below/', ['/nodes'], send, () => 0);

  await call(`${API}/sign-out`, { method: 'POST' });
  expect(await textOf(call(`${API}/nodes`, GET))).toBe('3');
});

test('a reply that has waited for half a minute is asked for again', async () => {
  const { send } = sender();
  let nowMs = 0;
  const call = askAhead('https://sfu.example/below/', ['/me'], send, () => nowMs);
  nowMs = 30_001;

  expect(await textOf(call(`${API}/me`, GET))).toBe('2');
});

test('a call that does not arrive fails for the page that needs it alone', async () => {
  const call = askAhead(
    'https://sfu.example/below/',
    ['/me'],
    () => Promise.reject(new TypeError('Failed to fetch')),
    () => 0,
  );

  await expect(call(`${API}/me`, GET)).rejects.toThrow('Failed to fetch');
});
