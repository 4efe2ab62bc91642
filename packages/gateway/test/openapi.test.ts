import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApiRouter, createOpenApiDocument } from '@causeway/gateway';
import * as protocol from '@causeway/protocol';
import { ERROR_CODES, LIMITS } from '@causeway/protocol';
import type { Router } from 'express';
import { ADMIN_ROUTES } from '../src/admin/admin-routes.ts';
import type { RouteDescription } from '../src/api/route.ts';
import { ROUTES } from '../src/api/routes.ts';
import { EVENT_ROUTES } from '../src/api/stream-events.ts';
import { API_VERSION } from '../src/openapi/openapi-document.ts';
import { MemorySfu } from './support/memory-sfu.ts';
import { silentLogger, startTestServer } from './support/test-server.ts';

const ALL: readonly RouteDescription[] = [...ROUTES, ...EVENT_ROUTES];

const document = createOpenApiDocument();
// What a reader of the document gets: nothing that JSON cannot hold.
const json = JSON.parse(JSON.stringify(document));

/** The endpoints that Express would really serve, as `GET /session/{id}`, read from the router's own table. */
function endpointsOf(router: Router): string[] {
  return router.stack.flatMap((layer) => {
    const inner =
      (layer.handle as unknown as { stack?: unknown }).stack === undefined ? [] : endpointsOf(layer.handle as unknown as Router);
    const own =
      layer.route?.stack.filter(({ method }) => method !== undefined).map(({ method }) => `${method.toUpperCase()} ${layer.route?.path}`) ??
      [];
    return [...own, ...inner];
  });
}

test('describes every route that is served, and no other', () => {
  const router = createApiRouter({ sfu: new MemorySfu(), apps: { findApp: async () => undefined }, logger: silentLogger });

  const served = endpointsOf(router).map((endpoint) => endpoint.replace(/ \//, ' /api/sfu/').replace(/:(\w+)/g, '{$1}'));

  const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const aboutItself = ['/openapi.json', '/docs'];
  const calls = served.filter((endpoint) => !aboutItself.some((path) => endpoint.endsWith(` /api/sfu${path}`)));
  expect(calls.length).toBe(ROUTES.length + EVENT_ROUTES.length);
  expect(documented.sort()).toEqual(calls.sort());
});

test('has the endpoints of the reference', () => {
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining([
      '/api/sfu/{sfu_app_id}/session/new',
      '/api/sfu/{sfu_app_id}/session/{session_id}/track/publish',
      '/api/sfu/{sfu_app_id}/session/{session_id}/track/subscribe',
      '/api/sfu/{sfu_app_id}/session/{session_id}/track/close',
      '/api/sfu/{sfu_app_id}/sessions',
      '/api/sfu/{sfu_app_id}/session/{session_id}/tracks',
      '/api/sfu/{sfu_app_id}/session/{session_id}/renegotiate',
    ]),
  );
});

test('every reference leads somewhere', () => {
  const references = [...JSON.stringify(json).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path ?? '');
  const targets = references.map((path) => path.split('/').reduce((node, key) => node?.[key], json));

  expect(references.length).toBeGreaterThan(100);
  expect(references.filter((_path, index) => targets[index] === undefined)).toEqual([]);
});

test.each(ROUTES)('$operationId names its path parameters, bodies and the errors every call may have', (route) => {
  const path = `/api/sfu/{sfu_app_id}${route.path.replace(/:(\w+)/g, '{$1}')}`;
  const operation = json.paths[path][route.method];

  const parameters = operation.parameters.filter((parameter: { in: string }) => parameter.in === 'path');
  expect(parameters.map((parameter: { name: string }) => `{${parameter.name}}`)).toEqual(path.match(/\{\w+\}/g));
  expect(operation.requestBody?.content['application/json'].schema.$ref.split('/').at(-1)).toBe(route.request);
  expect(operation.responses[200].content['application/json'].schema.$ref.split('/').at(-1)).toBe(route.reply);
  for (const status of [400, 401, 429, 500]) {
    expect(operation.responses[status].content['application/json'].schema.$ref).toBe('#/components/schemas/ErrorReply');
  }
});

test.each(EVENT_ROUTES)('$operationId is a stream of events', ({ path }) => {
  const { get } = json.paths[`/api/sfu/{sfu_app_id}${path.replace(/:(\w+)/g, '{$1}')}`];

  expect(get.responses[200].content).toEqual({ 'text/event-stream': { schema: { $ref: '#/components/schemas/ApiEvent' } } });
  expect(get.parameters.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(['Last-Event-ID', 'token']));
});

test.each(Object.entries(ERROR_CODES))('%s is documented with its meaning', (code, { meaning }) => {
  expect(json.components.schemas.ErrorCode.enum).toContain(code);
  expect(json.components.schemas.ErrorCode.description).toContain(`\`${code}\`: ${meaning}`);
});

test.each(ROUTES)('$operationId documents each error under its status', (route) => {
  const path = `/api/sfu/{sfu_app_id}${route.path.replace(/:(\w+)/g, '{$1}')}`;
  const { responses } = json.paths[path][route.method];

  for (const code of route.errors) expect(responses[ERROR_CODES[code].httpStatus].description).toContain(`\`${code}\``);
});

test.each(ALL)('$operationId has the errors of reading a body if it takes one', ({ path, method, request }) => {
  const { responses } = json.paths[`/api/sfu/{sfu_app_id}${path.replace(/:(\w+)/g, '{$1}')}`][method];

  expect([408, 413, 415].filter((status) => status in responses)).toEqual(request === undefined ? [] : [408, 413, 415]);
});

test('operation ids are unique', () => {
  expect(new Set(ROUTES.map((route) => route.operationId)).size).toBe(ROUTES.length);
});

test('the limits of a request can be read from it', () => {
  expect(json.components.schemas.SubscribeRequest.properties.tracks.maxItems).toBe(LIMITS.maxTracksPerCall);
});

test('has the version of the package', () => {
  expect(document.openapi).toBe('3.1.0');
  const manifest = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8'));
  expect(API_VERSION).toBe(manifest.version);
});

test.each(ROUTES.filter(({ request }) => request !== undefined))(
  '$operationId shows a request that its schema takes',
  ({ path, method, request }) => {
    const operation = json.paths[`/api/sfu/{sfu_app_id}${path.replace(/:(\w+)/g, '{$1}')}`][method];
    const { example } = operation.requestBody.content['application/json'];
    const schema = (protocol as unknown as Record<string, { parse(value: unknown): unknown }>)[request ?? ''];

    expect(example).toBeDefined();
    // A field that the schema does not know is left out by parsing, and so is found here.
    expect(schema?.parse(example)).toEqual(example);
  },
);

test('is shown to people at /docs, with every call, without scripts or anything from elsewhere', async () => {
  const server = await startTestServer();
  const { status, text, headers } = await server.send('GET', '/api/sfu/docs');
  const { json: served } = await server.send('GET', '/api/sfu/openapi.json');
  await server.close();
  const policy = headers.get('content-security-policy') ?? '';
  const style = /<style>(.*?)<\/style>/s.exec(text)?.[1] ?? '';

  expect(status).toBe(200);
  expect(served).toEqual(json);
  for (const { operationId, path } of ALL) {
    expect(text).toContain(`<section id="${operationId}">`);
    expect(text).toContain(path.replace(/:(\w+)/g, '{$1}'));
  }
  expect(text).toContain('call-42');
  expect(text).not.toMatch(/<script|https?:|url\(/);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
});

test('describes the admin API, too, where it is served, with credentials of its own and no app in its paths', () => {
  const whole = createOpenApiDocument({ hasAdminApi: true });
  const admin = Object.entries(whole.paths).filter(([path]) => path.startsWith('/api/admin/v1/'));
  const operations = admin.flatMap(([, methods]) => Object.values(methods) as { security?: unknown; operationId: string }[]);

  expect(operations.map(({ operationId }) => operationId).sort()).toEqual(ADMIN_ROUTES.map(({ operationId }) => operationId).sort());
  for (const { operationId, security } of operations) {
    const access = ADMIN_ROUTES.find((route) => route.operationId === operationId)?.access;
    const ways = { open: [], admin: [{ adminKey: [] }, { signIn: [] }], person: [{ signIn: [] }] };
    expect([operationId, security]).toEqual([operationId, access && ways[access]]);
  }
  expect(JSON.stringify(admin)).not.toContain('sfu_app_id');
  expect(JSON.stringify(document)).not.toContain('/api/admin/v1');
});
