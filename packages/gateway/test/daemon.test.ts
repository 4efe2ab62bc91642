/** The daemon as a process of its own: what it says, how it ends. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { capturedOffer } from '@causeway/testkit/captured-offers';
import { killDaemons, startDaemon as start } from './support/running-daemon.ts';

const SECRET = 'secret-canary-of-the-tests';

afterEach(killDaemons);

test('with no app configured it makes one, and shows all that is needed to use it', async () => {
  const daemon = start();

  const said = await daemon.waitFor('Ctrl+C');
  const [, page = '', appId, secret] = /Page +(http:\/\/127\.0\.0\.1:\d+\/)#app=(app-[0-9a-f]{12})&secret=([\w-]{43})\n/.exec(said) ?? [];
  const reply = await fetch(`${page}api/sfu/${appId}/sessions`, { headers: { Authorization: `Bearer ${secret}` } });

  expect(said).toContain(`App id       ${appId}\n`);
  expect(said).toContain(`App secret   ${secret}\n`);
  // The program has another name in a checkout, in a package and in a container.
  expect(said).toContain(`start with CAUSEWAY_APP_ID=${appId} CAUSEWAY_APP_SECRET=${secret}\n`);
  expect(reply.status).toBe(200);
  expect(await reply.json()).toEqual([]);
  expect((await fetch(`${page}readyz`)).status).toBe(200);
});

test.each([
  [{}, true],
  [{ CAUSEWAY_ANNOUNCED_ADDRESS: '127.0.0.1' }, false],
  [{ CAUSEWAY_LISTEN: '::1' }, true],
  [{ CAUSEWAY_LISTEN: '0.0.0.0' }, false],
])('on 127.0.0.1 and with %j, it warns that no other machine reaches the media port: %s', async (environment, isWarned) => {
  const daemon = start({ CAUSEWAY_APP_ID: 'demo', CAUSEWAY_APP_SECRET: SECRET, ...environment });

  await daemon.waitFor('"message":"ready"');
  daemon.child.kill('SIGTERM');
  const { stderr } = await daemon.exit;

  expect(stderr.includes('CAUSEWAY_HTTP_LISTEN instead')).toBe(isWarned);
});

test('with an app configured it says nothing secret', async () => {
  const daemon = start({ CAUSEWAY_APP_ID: 'demo', CAUSEWAY_APP_SECRET: SECRET });

  await daemon.waitFor('"message":"ready"');
  daemon.child.kill('SIGTERM');
  const { stdout, stderr } = await daemon.exit;

  expect(stdout).toBe('');
  expect(stderr).not.toContain('secret-canary');
});

test('a collector that does not answer costs one warning, and the node ends in good order', async () => {
  const daemon = start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_EXPORTER_OTLP_HEADERS: 'key=canary-of-the-collector' });
  await daemon.waitFor('"message":"ready"');

  daemon.child.kill('SIGINT');
  const { code, stderr } = await daemon.exit;

  expect(code).toBe(0);
  expect(stderr.split('"message":"metrics or traces were not exported"')).toHaveLength(2);
  expect(stderr).not.toContain('canary-of-the-collector');
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it in good order', async (signal) => {
  const daemon = start();
  await daemon.waitFor('"message":"ready"');

  daemon.child.kill(signal);
  const { code, stderr } = await daemon.exit;

  expect(code).toBe(0);
  expect(stderr).toContain('"message":"stopped"');
});

/** Resolves once the daemon has a session, with a way to call it. */
async function startWithSession(environment: Record<string, string> = {}) {
  const daemon = start({ CAUSEWAY_APP_ID: 'demo', CAUSEWAY_APP_SECRET: SECRET, ...environment });
  const [, base] = /"page":"(http:[^"]+)\/"/.exec(await daemon.waitFor('"message":"ready"')) ?? [];
  const call = (method: string, path: string, body?: unknown) =>
    fetch(`${base}/api/sfu/demo${path}`, {
      method,
      headers: { Authorization: `Bearer ${SECRET}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const offer = { sessionDescription: { type: 'offer', sdp: capturedOffer('chromium-quick-start-publisher') } };
  const reply = await call('POST', '/session/new', offer);
  if (!reply.ok) throw new Error(`${reply.status}: ${await reply.text()}`);
  const created = (await reply.json()) as { readonly sessionId: string };
  return { daemon, base, call, offer, sessionId: created.sessionId };
}

describe('with a running session', () => {
  test('SIGTERM refuses new sessions, lets it continue, and ends when it has ended', async () => {
    const { daemon, base, call, offer, sessionId } = await startWithSession();

    daemon.child.kill('SIGTERM');
    await daemon.waitFor('"message":"draining"');
    const refused = await call('POST', '/session/new', offer);
    const ready = await fetch(`${base}/readyz`);
    const alive = await fetch(`${base}/healthz`);
    const described = await call('GET', `/session/${sessionId}`);
    await call('DELETE', `/session/${sessionId}`);
    const { code, stderr } = await daemon.exit;

    expect([refused.status, ready.status, alive.status, described.status]).toEqual([503, 503, 200, 200]);
    expect(await refused.json()).toMatchObject({ errorCode: 'draining', retryable: true });
    expect(await ready.json()).toEqual({ status: 'draining' });
    expect(code).toBe(0);
    expect(stderr).toContain('"message":"stopped"');
  });

  test('clients that listen are told, and then that their session is closed', async () => {
    const { daemon, base, sessionId } = await startWithSession({ CAUSEWAY_DRAIN_SECONDS: '1' });
    const events = await fetch(`${base}/api/sfu/demo/session/${sessionId}/events`, { headers: { Authorization: `Bearer ${SECRET}` } });

    daemon.child.kill('SIGTERM');
    const text = await events.text();
    const { code } = await daemon.exit;

    const told = [...text.matchAll(/^data: (.*)$/gm)].map(([, json = '']) => JSON.parse(json));
    expect(told).toEqual([
      expect.objectContaining({ type: 'node.draining', region: 'local', deadlineAt: expect.any(String) }),
      expect.objectContaining({ type: 'track.closed', sessionId, reason: 'session_closed' }),
      expect.objectContaining({ type: 'session.closed', sessionId, reason: 'draining' }),
    ]);
    expect(code).toBe(0);
  });

  test.each<[what: string, environment: Record<string, string>, signals: NodeJS.Signals[]]>([
    ['a second SIGTERM', {}, ['SIGTERM', 'SIGTERM']],
    ['SIGINT after SIGTERM', {}, ['SIGTERM', 'SIGINT']],
    ['SIGINT', {}, ['SIGINT']],
    ['SIGTERM without time to drain', { CAUSEWAY_DRAIN_SECONDS: '0' }, ['SIGTERM']],
  ])('%s ends it at once, and in good order', async (_what, environment, [first, second]) => {
    const { daemon } = await startWithSession(environment);

    daemon.child.kill(first);
    if (second !== undefined) {
      await daemon.waitFor('"message":"draining"');
      daemon.child.kill(second);
    }
    const { code, stderr } = await daemon.exit;

    expect(code).toBe(0);
    expect(stderr).toContain('"message":"stopped"');
  });
});

/** Makes a daemon throw, or reject a promise, when it gets a signal. */
const DEFECTS = `process.on('SIGUSR2', () => { throw new Error('a defect of the test'); });
process.on('SIGPIPE', () => { void Promise.reject(new Error('a rejection of the test')); });`;
const WITH_DEFECTS = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(DEFECTS)}` };

describe('an uncaught defect', () => {
  test('closes sessions, tells listeners, is logged with its stack, and ends the daemon with its own exit code', async () => {
    const { daemon, base, sessionId } = await startWithSession(WITH_DEFECTS);
    const events = await fetch(`${base}/api/sfu/demo/session/${sessionId}/events`, { headers: { Authorization: `Bearer ${SECRET}` } });

    daemon.child.kill('SIGUSR2');
    const text = await events.text();
    const { code, stderr } = await daemon.exit;

    expect(text).toContain('"type":"session.closed"');
    expect(stderr).toMatch(/"stack":"Error: a defect of the test[^\n]*at process[^\n]*an uncaught exception/);
    expect(stderr).toContain('"message":"stopped"');
    expect(code).toBe(4);
  });

  test('in an unawaited promise is logged, and the daemon continues', async () => {
    const { daemon, call, sessionId } = await startWithSession(WITH_DEFECTS);

    daemon.child.kill('SIGPIPE');
    await daemon.waitFor('a rejection of the test');
    const described = await call('GET', `/session/${sessionId}`);

    expect(described.status).toBe(200);
  });
});

test.each([
  [{ CAUSEWAY_HTTP_PORT: 'eighty' }, 'causeway: CAUSEWAY_HTTP_PORT must be a whole number from 0 to 65535, not "eighty"\n'],
  [{ CAUSEWAY_HTTP_LISTEN: '203.0.113.1' }, 'causeway: TCP 203.0.113.1 is not an address of this machine; change CAUSEWAY_HTTP_LISTEN\n'],
  [{ CAUSEWAY_LISTEN: '203.0.113.1' }, 'causeway: TCP 203.0.113.1 is not an address of this machine; change CAUSEWAY_LISTEN\n'],
])('%j stops the start with one line and exit code 2', async (environment, line) => {
  const { code, stdout, stderr } = await start(environment).exit;

  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: line });
});

test('an argument stops the start, for there are none', async () => {
  const { code, stderr } = await start({}, '--port=80').exit;

  expect(code).toBe(2);
  expect(stderr).toBe('causeway: there is no command or option "--port=80"; --help lists them\n');
});

test('--help prints the options', async () => {
  const { code, stdout } = await start({}, '--help').exit;

  expect(code).toBe(0);
  expect(stdout).toContain('CAUSEWAY_UDP_PORT');
});

test('metrics and objects are served on loopback, if a port for them is set', async () => {
  const daemon = start({ CAUSEWAY_DEBUG_PORT: '0' });
  const said = await daemon.waitFor('"message":"ready"');
  const [, port = ''] = /"debugPort":(\d+)/.exec(said) ?? [];

  const metrics = await fetch(`http://127.0.0.1:${port}/metrics`).then((response) => response.text());
  const objects = (await fetch(`http://127.0.0.1:${port}/debug/objects`).then((response) => response.json())) as {
    objects: Record<string, Record<string, number>>;
  };

  expect(metrics).toContain('causeway_sessions{state="connected"} 0\n');
  for (const group of Object.values(objects.objects)) expect(new Set(Object.values(group))).toEqual(new Set([0]));
  // All of 127.0.0.0/8 is this machine, but only one address of it was opened.
  await expect(fetch(`http://127.0.0.2:${port}/metrics`)).rejects.toThrow();
});

test('without a debug port there is no debug listener', async () => {
  const daemon = start();

  expect(await daemon.waitFor('"message":"ready"')).not.toContain('debugPort');
});

test('a debug port in use stops the start with one line', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;

  const { code, stdout, stderr } = await start({ CAUSEWAY_DEBUG_PORT: String(port) }).exit;
  other.close();

  expect(code).toBe(2);
  // Nothing was opened before the port was found to be in use.
  expect(stdout).toBe('');
  expect(stderr).toBe(`causeway: TCP port ${port} is in use by another program; stop that program, or set CAUSEWAY_DEBUG_PORT\n`);
});

test('a TCP port in use stops the start with one line and exit code 2', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;

  const { code, stderr } = await start({ CAUSEWAY_HTTP_PORT: String(port) }).exit;
  other.close();

  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: `causeway: TCP port ${port} is in use by another program; stop that program, or set CAUSEWAY_HTTP_PORT\n`,
  });
});

test('a UDP port in use stops the start with one line and exit code 2', async () => {
  const other = createSocket('udp4').bind(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address();

  const { code, stdout, stderr } = await start({ CAUSEWAY_UDP_PORT: String(port) }).exit;
  other.close();

  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: '',
    stderr: `causeway: UDP port ${port} is in use by another program; stop that program, or set CAUSEWAY_UDP_PORT\n`,
  });
});
