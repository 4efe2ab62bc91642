import { exchangeSecret } from '../../src/bench/exchange-secret.ts';

test('a secret is exchanged for a token that is valid for a day', async () => {
  const asked: [url: string, authorization: string | null, body: unknown][] = [];
  const send: typeof fetch = async (input, init) => {
    asked.push([String(input), new Headers(init?.headers).get('Authorization'), JSON.parse(String(init?.body))]);
    return Response.json({ token: 'head.claims.signature', jti: 'j', expiresAt: '' });
  };
  const traded = await exchangeSecret('https://sfu.example/', { appId: 'demo', secret: 's3cret' }, send);

  expect(traded).toEqual({ appId: 'demo', secret: 'head.claims.signature' });
  expect(asked).toEqual([
    ['https://sfu.example/api/sfu/demo/tokens', 'Bearer s3cret', { sub: expect.stringMatching(/^bench:[0-9a-f]{16}$/), expiresIn: 86_400 }],
  ]);
});

test('a token is returned unchanged without a call', async () => {
  const send: typeof fetch = () => Promise.reject(new Error('a call'));
  const credentials = { appId: 'demo', secret: 'head.claims.signature' };

  expect(await exchangeSecret('https://sfu.example/', credentials, send)).toBe(credentials);
});

test('a wrong secret fails with the message of the node', async () => {
  const send: typeof fetch = async () => Response.json({ errorCode: 'unauthorized', errorDescription: 'no' }, { status: 401 });

  await expect(exchangeSecret('https://sfu.example/', { appId: 'demo', secret: 'wrong' }, send)).rejects.toMatchObject({
    facts: { code: 'unauthorized' },
  });
});
