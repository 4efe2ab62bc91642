import { createSfuApi } from '../../src/api/sfu-api.ts';

const expired = { errorCode: 'token_expired', errorDescription: 'it has expired', requestId: 'r', retryable: false };
const revoked = { ...expired, errorCode: 'unauthorized' };

/** @param accepts whether the SFU accepts a token now */
function createApi(accepts: (token: string) => boolean, refusal: object = expired) {
  const sent: string[] = [];
  let minted = 0;
  const api = createSfuApi({
    url: 'https://sfu.example',
    appId: 'demo',
    credential: async () => `token-${++minted}`,
    fetch: async (_input, init) => {
      const token = new Headers(init?.headers).get('Authorization')?.slice('Bearer '.length) ?? '';
      sent.push(token);
      return accepts(token) ? Response.json([]) : Response.json(refusal, { status: 401 });
    },
  });
  return { api, sent };
}

test('one token is used for several calls', async () => {
  const { api, sent } = createApi(() => true);

  await Promise.all([api.listSessions(), api.listSessions()]);
  await api.listSessions();

  expect(sent).toEqual(['token-1', 'token-1', 'token-1']);
});

test('a call whose token has expired is made once more with a new one', async () => {
  const { api, sent } = createApi((token) => token !== 'token-1');

  await Promise.all([api.listSessions(), api.listSessions()]);

  expect(sent.filter((token) => token === 'token-1')).toHaveLength(2);
  expect(sent.slice(2)).toEqual(['token-2', 'token-2']);
});

test('a call whose second token has expired as well fails', async () => {
  const { api, sent } = createApi(() => false);

  await expect(api.listSessions()).rejects.toMatchObject({ code: 'token_expired' });
  expect(sent).toEqual(['token-1', 'token-2']);
});

test('a token that is refused for another reason is not replaced', async () => {
  const { api, sent } = createApi(() => false, revoked);

  await expect(api.listSessions()).rejects.toMatchObject({ code: 'unauthorized' });
  expect(sent).toEqual(['token-1']);
});

test('after a token could not be fetched, the next call fetches again', async () => {
  const answers: (() => Promise<string>)[] = [() => Promise.reject(new Error('signed out')), async () => 'token-1'];
  const api = createSfuApi({
    url: 'https://sfu.example',
    appId: 'demo',
    credential: () => answers.shift()?.() ?? Promise.reject(new Error('asked too often')),
    fetch: async () => Response.json([]),
  });

  await expect(api.listSessions()).rejects.toThrow('signed out');
  await expect(api.listSessions()).resolves.toEqual([]);
});
