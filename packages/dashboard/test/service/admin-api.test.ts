import { codeOf, createAdminApi } from '../../src/service/admin-api.ts';

/** An API whose node gives the same reply to every call, and the recorded calls. */
function apiOf(status: number, body: string) {
  const asked: [url: string, init: RequestInit][] = [];
  const send = async (input: string | URL | Request, init: RequestInit = {}) => {
    asked.push([String(input), init]);
    return new Response(body, { status });
  };
  return { api: createAdminApi('https://sfu.example/below/', send), asked };
}

test('calls the node below the path of a proxy, with ids encoded', async () => {
  const { api, asked } = apiOf(200, '{"keys":[]}');
  await api.listKeys('a/../b');
  await api.createApp('org-1', 'Demo');

  expect(asked.map(([url, { method, body }]) => [method, url, body])).toEqual([
    ['GET', 'https://sfu.example/below/api/admin/v1/apps/a%2F..%2Fb/keys', undefined],
    ['POST', 'https://sfu.example/below/api/admin/v1/organisations/org-1/apps', '{"name":"Demo"}'],
  ]);
});

test('reports the code of a refusal, and no such code for a reply that is not from the node', async () => {
  const refused = apiOf(403, '{"errorCode":"forbidden","errorDescription":"no"}');
  const foreign = apiOf(502, '<html>');

  expect(codeOf(await refused.api.me().catch((error: unknown) => error))).toBe('forbidden');
  expect(codeOf(await foreign.api.me().catch((error: unknown) => error))).toBe('unexpected_reply');
  expect(codeOf(new Error('something else'))).toBeUndefined();
});

test('reports a node that is not responding', async () => {
  const api = createAdminApi('https://sfu.example/', () => Promise.reject(new TypeError('Failed to fetch')));

  expect(codeOf(await api.me().catch((error: unknown) => error))).toBe('network_failure');
});
