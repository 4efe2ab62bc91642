import { connect } from 'node:net';
import { createStaticAppStore } from '@causeway/accounts';
import express from 'express';
import { createGatewayApp } from '../src/daemon/gateway-app.ts';
import { ReplyCounters } from '../src/monitoring/reply-counters.ts';
import { MemorySfu } from './support/memory-sfu.ts';
import { serve, silentLogger } from './support/test-server.ts';

function createApp(replies: ReplyCounters) {
  const apps = createStaticAppStore([]);
  const readiness = () => 'ready' as const;
  return createGatewayApp({
    sfu: new MemorySfu(),
    apps,
    region: 'test',
    logger: silentLogger,
    dashboardFolder: '/nonexistent',
    replies,
    readiness,
  });
}

test('replies are counted by status and error code', async () => {
  const replies = new ReplyCounters();
  const server = await serve(createApp(replies));
  for (const path of ['/healthz', '/healthz', '/api/sfu/app/sessions', '/nowhere']) await server.send('GET', path);
  await server.close();

  expect(replies.list()).toEqual([
    { status: '200', errorCode: '', count: 2 },
    { status: '401', errorCode: 'unauthorized', count: 1 },
    { status: '404', errorCode: 'route_not_found', count: 1 },
  ]);
  expect(replies.underWay).toBe(0);
});

test('a client that hangs up before the reply is counted as such', async () => {
  const replies = new ReplyCounters();
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
  const { promise: gone, resolve: go } = Promise.withResolvers<void>();
  const app = express();
  app.use(replies.middleware(), (_request, response) => {
    response.once('close', go);
    arrive();
  });
  const server = await serve(app);
  const socket = connect(server.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await arrived;
  const underWay = replies.underWay;

  socket.destroy();
  await gone;
  await server.close();

  expect(underWay).toBe(1);
  expect(replies.list()).toEqual([{ status: 'aborted', errorCode: '', count: 1 }]);
  expect(replies.underWay).toBe(0);
});
