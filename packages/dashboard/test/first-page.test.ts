import { askAhead, pageAt } from '../src/first-page.ts';

const API = 'https://sfu.example/below/api/admin/v1';
const GET = { method: 'GET' };

/** Records each call, and replies with its position. */
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
])('the page at %s first reads these paths', (hash, reads) => {
  expect(pageAt(hash)?.reads).toEqual(reads);
});

test.each(['#/sign-in', '#/apps//keys', '#/apps/demo/keys/more', '#anything'])('the address %s has no needs', (hash) => {
  expect(pageAt(hash)).toBeUndefined();
});

test('loads the page that the address names', () => {
  expect(String(pageAt('#/apps/demo/usage')?.load)).toContain('UsagePage');
  expect(String(pageAt('#/apps/demo')?.load)).toContain('AppStartPage');
});

test('each prefetched call is answered once with its reply, and all other calls are sent', async () => {
  const { asked, send } = sender();
  const call = askAhead('https://sfu.example/below/', ['/me', '/nodes'], send, () => 0);
  expect(asked).toEqual([`${API}/me`, `${API}/nodes`]);

  expect(await textOf(call(new URL(`${API}/me`), GET))).toBe('1');
  expect(await textOf(call(`${API}/me`, GET))).toBe('3');
  expect(await textOf(call(`${API}/nodes`, { method: 'POST' }))).toBe('4');
  expect(await textOf(call(`${API}/apps`, GET))).toBe('5');
});

test('after a refusal, prefetched replies are not used, since another person may sign in', async () => {
  const { asked, send } = sender((url) => (url.endsWith('/me') ? 401 : 200));
  const call = askAhead('https://sfu.example/below/', ['/me', '/nodes'], send, () => 0);

  expect((await call(`${API}/me`, GET)).status).toBe(401);
  expect(await textOf(call(`${API}/nodes`, GET))).toBe('3');
  expect(asked).toHaveLength(3);
});

test('after a change, prefetched replies are not used, since the person may have signed out', async () => {
  const { send } = sender();
  const call = askAhead('https://sfu.example/below/', ['/nodes'], send, () => 0);

  await call(`${API}/sign-out`, { method: 'POST' });
  expect(await textOf(call(`${API}/nodes`, GET))).toBe('3');
});

test('a call whose prefetched reply is older than half a minute is sent again', async () => {
  const { send } = sender();
  let nowMs = 0;
  const call = askAhead('https://sfu.example/below/', ['/me'], send, () => nowMs);
  nowMs = 30_001;

  expect(await textOf(call(`${API}/me`, GET))).toBe('2');
});

test('a prefetched call that fails is reported only to the page that needs it', async () => {
  const call = askAhead(
    'https://sfu.example/below/',
    ['/me'],
    () => Promise.reject(new TypeError('Failed to fetch')),
    () => 0,
  );

  await expect(call(`${API}/me`, GET)).rejects.toThrow('Failed to fetch');
});
