import { createStaticAppStore } from '@causeway/accounts';
import { createApiRouter, createOpenApiDocument } from '@causeway/gateway';
import express from 'express';
import { createGatewayApp } from '../src/daemon/gateway-app.ts';
import type { Readiness } from '../src/daemon/lifecycle.ts';
import { ReplyCounters } from '../src/monitoring/reply-counters.ts';
import { MemorySfu } from './support/memory-sfu.ts';
import { serve, silentLogger } from './support/test-server.ts';

const apps = createStaticAppStore([]);

function createApp(readiness: Readiness = 'ready') {
  return createGatewayApp({
    sfu: new MemorySfu(),
    apps,
    region: 'test-region',
    logger: silentLogger,
    dashboardFolder: '/nonexistent',
    replies: new ReplyCounters(),
    readiness: () => readiness,
  });
}

async function load(path: string, app: express.Express = createApp(), method = 'GET') {
  const server = await serve(app);
  const reply = await server.send(method, path);
  await server.close();
  return reply;
}

test('is alive and ready', async () => {
  expect(await load('/healthz')).toMatchObject({ status: 200, json: { status: 'alive' } });
  expect(await load('/readyz')).toMatchObject({ status: 200, json: { status: 'ready' } });
});

test.each(['starting', 'draining', 'stressed'] as const)('while it is %s it is alive, but not ready', async (readiness) => {
  expect(await load('/healthz', createApp(readiness))).toMatchObject({ status: 200, json: { status: 'alive' } });
  expect(await load('/readyz', createApp(readiness))).toMatchObject({ status: 503, json: { status: readiness } });
});

test('serves the description of its API, to other origins too', async () => {
  const { status, json, headers } = await load('/openapi.json');

  expect(status).toBe(200);
  expect(json).toEqual(JSON.parse(JSON.stringify(createOpenApiDocument({ hasAdminApi: true }))));
  expect(headers.get('Access-Control-Allow-Origin')).toBe('*');
});

test.each(['/metrics', '/debug/objects'])('%s is not for the public', async (path) => {
  expect(await load(path)).toMatchObject({ status: 404, json: { errorCode: 'route_not_found' } });
});

test('anything else is not found, in the shape of all errors', async () => {
  const { status, json, headers } = await load('/admin');

  expect(status).toBe(404);
  expect(json).toMatchObject({ errorCode: 'route_not_found', errorDescription: 'there is nothing at /admin' });
  expect(headers.get('X-Powered-By')).toBeNull();
});

describe('the router in another app', () => {
  test('leaves all other paths to that app', async () => {
    const host = express();
    host.use(createApiRouter({ sfu: new MemorySfu(), apps, logger: silentLogger }));
    host.get('/mine', (_request, response) => {
      response.send('mine');
    });

    const { text, headers } = await load('/mine', host);

    expect(text).toBe('mine');
    expect(headers.get('Access-Control-Allow-Origin')).toBeNull();
    expect(headers.get('X-Request-Id')).toBeNull();
  });

  test("does not touch that app's errors", async () => {
    const host = express();
    host.use(createApiRouter({ sfu: new MemorySfu(), apps, logger: silentLogger }));
    host.get('/mine', () => {
      throw new Error('mine');
    });
    host.use(((_error, _request, response, _next) => {
      response.status(418).send('handled by the host');
    }) as express.ErrorRequestHandler);

    expect(await load('/mine', host)).toMatchObject({ status: 418, text: 'handled by the host' });
  });

  test('works below a prefix', async () => {
    const host = express();
    host.use('/media', createApiRouter({ sfu: new MemorySfu(), apps, logger: silentLogger }));

    expect(await load('/media/api/sfu/app/sessions', host)).toMatchObject({ status: 401, json: { errorCode: 'unauthorized' } });
  });
});
