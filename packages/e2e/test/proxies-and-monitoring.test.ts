/**
 * The files in `infra/` and the Redis of docs/operate/three-machines.md, used by the real programs: Caddy and nginx before a node, a
 * Prometheus that scrapes it, and a Redis with TLS and rights.
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Daemon, startDaemon } from '@causeway/e2e';
import { findFreePort, waitUntil } from '@causeway/lab';

jest.setTimeout(120_000);

const run = promisify(execFile);
const INFRA = resolve(import.meta.dirname, '../../../infra');
const METRICS_TOKEN = 'a-metrics-token-of-this-test';
const OFFER_THAT_IS_NONE = JSON.stringify({ sessionDescription: { type: 'offer', sdp: 'v=0' } });

let folder: string;
let node: Daemon;
let metricsPort: number;
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'causeway-proxy-'));
  metricsPort = await findFreePort('tcp');
  node = await startDaemon({
    CAUSEWAY_HTTP_LISTEN: '127.0.0.1',
    CAUSEWAY_TRUSTED_PROXIES: '127.0.0.1',
    CAUSEWAY_METRICS_LISTEN: `127.0.0.1:${metricsPort}`,
    CAUSEWAY_METRICS_TOKEN: METRICS_TOKEN,
  });
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
});
afterAll(async () => {
  await node.stop();
  await rm(folder, { recursive: true, force: true });
});

function start(program: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): void {
  const child = spawn(program, args, { cwd: folder, env: { ...process.env, ...environment }, stdio: 'ignore' });
  children.push(child);
}

/** Reads an offer that Chromium made. */
const offer = (): Promise<string> =>
  readFile(resolve(import.meta.dirname, '../../testkit/offers/chromium-quick-start-publisher.sdp'), 'utf8');

/** Calls over TLS without checking the certificate, which the proxy has issued itself. */
function call(port: number, method: string, path: string, { headers = {}, body = '' } = {}): Promise<IncomingMessage> {
  return new Promise((resolveReply, reject) => {
    const all = { Authorization: `Bearer ${node.access.secret}`, 'Content-Type': 'application/json', ...headers };
    const sent = request({
      host: '127.0.0.1',
      servername: 'localhost',
      port,
      method,
      path,
      headers: { Host: `localhost:${port}`, ...all },
      rejectUnauthorized: false,
    });
    sent.on('response', resolveReply).on('error', reject).end(body);
  });
}

async function textOf(reply: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of reply) text += String(chunk);
  return text;
}

async function startCaddy(port: number): Promise<void> {
  const file = join(folder, 'Caddyfile');
  // A test gets no certificate from the internet, leaves the machine's own store alone, opens no port 80, and waits for no stream to end.
  const test = '{\n\tgrace_period 1s\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n';
  await writeFile(file, test + (await readFile(join(INFRA, 'proxy/Caddyfile'), 'utf8')));
  const nodePort = new URL(node.access.host).port;
  const own = { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, HOME: folder };
  start('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], {
    CAUSEWAY_DOMAIN: `localhost:${port}`,
    CAUSEWAY_HTTP_PORT: nodePort,
    ...own,
  });
}

/** Writes `fullchain.pem` and `key.pem`, for localhost. */
async function makeCertificate(): Promise<void> {
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const certificate = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', ...names];
  await run('openssl', [...certificate, '-keyout', 'key.pem', '-out', 'fullchain.pem', '-days', '1'], { cwd: folder });
}

async function startNginx(port: number): Promise<void> {
  await makeCertificate();
  const site = (await readFile(join(INFRA, 'proxy/nginx.conf'), 'utf8'))
    .replace('listen 443', `listen 127.0.0.1:${port}`)
    .replaceAll('/etc/ssl/causeway', folder)
    .replace('http://127.0.0.1:8080', node.access.host);
  await writeFile(join(folder, 'site.conf'), site);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
  const main = `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/error.log; events {} http { access_log off; ${temporary} include ${folder}/site.conf; }`;
  await writeFile(join(folder, 'nginx.conf'), main);
  start('nginx', ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')]);
}

describe.each([
  ['Caddy', startCaddy],
  ['nginx', startNginx],
] as const)('behind %s', (_name, startProxy) => {
  let port: number;
  let base: string;

  beforeEach(async () => {
    port = await findFreePort('tcp');
    base = `/api/sfu/${node.access.appId}`;
    await startProxy(port);
    const status = () =>
      call(port, 'GET', '/readyz').then(
        (reply) => textOf(reply).then(() => reply.statusCode),
        () => undefined,
      );
    await waitUntil('the proxy answers', status, (code) => code === 200, 20_000);
  });

  it('the page and the API are served over TLS', async () => {
    const page = await call(port, 'GET', '/');
    const sessions = await call(port, 'GET', `${base}/sessions`);
    const refused = await call(port, 'POST', `${base}/session/new`, { body: OFFER_THAT_IS_NONE });

    expect([page.statusCode, await textOf(page)]).toEqual([200, expect.stringContaining('<!doctype html>')]);
    expect([sessions.statusCode, JSON.parse(await textOf(sessions))]).toEqual([200, []]);
    expect(JSON.parse(await textOf(refused))).toMatchObject({ errorCode: 'invalid_session_description' });
  });

  it('events arrive while the stream is open', async () => {
    const stream = await call(port, 'GET', `${base}/events`);
    let heard = '';
    stream.on('data', (chunk) => (heard += String(chunk)));
    await waitUntil(
      'the stream begins',
      async () => heard,
      (text) => text.includes('retry:'),
      10_000,
    );

    const created = await call(port, 'POST', `${base}/session/new`, {
      body: JSON.stringify({ sessionDescription: { type: 'offer', sdp: await offer() } }),
    });
    const { sessionId } = JSON.parse(await textOf(created)) as { readonly sessionId: string };

    await waitUntil(
      'an event comes',
      async () => heard,
      (text) => text.includes('session.created'),
      10_000,
    );
    expect(stream.complete).toBe(false);
    stream.destroy();
    // The next proxy finds a node without sessions.
    await textOf(await call(port, 'DELETE', `${base}/session/${sessionId}`));
  });
});

it('Prometheus scrapes a node with its token, and loads the rules', async () => {
  const file = join(folder, 'prometheus.yml');
  const port = await findFreePort('tcp');
  await writeFile(join(folder, 'token'), METRICS_TOKEN);
  await writeFile(join(folder, 'alerts.yml'), await readFile(join(INFRA, 'monitoring/alerts.yml'), 'utf8'));
  const config = (await readFile(join(INFRA, 'monitoring/prometheus.yml'), 'utf8'))
    .replace('/etc/prometheus/causeway-token', join(folder, 'token'))
    .replace('10.0.0.7:9464', `127.0.0.1:${metricsPort}`)
    .replaceAll('15s', '1s');
  await writeFile(file, config);
  start('prometheus', [`--config.file=${file}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`]);
  const query = async (text: string): Promise<unknown> => {
    const reply = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(text)}`).catch(() => undefined);
    const body = (await reply?.json().catch(() => undefined)) as { data?: { result?: { value: [number, string] }[] } } | undefined;
    return body?.data?.result?.[0]?.value[1];
  };

  await waitUntil(
    'the node is up',
    () => query('up{job="causeway", region="frankfurt"}'),
    (value) => value === '1',
    30_000,
  );
  expect(await query('causeway_full')).toBe('0');
  const rules = (await (await fetch(`http://127.0.0.1:${port}/api/v1/rules`)).json()) as {
    data: { groups: { rules: { health: string }[] }[] };
  };
  expect(rules.data.groups[0]?.rules.length).toBeGreaterThan(5);
});

it('promtool accepts the rules, and their tests pass', async () => {
  const cwd = join(INFRA, 'monitoring');

  await run('promtool', ['check', 'rules', 'alerts.yml'], { cwd });
  await run('promtool', ['test', 'rules', 'alerts.test.yml'], { cwd });
});

it('a node with the options of the guide joins through a Redis with TLS and the rights that the guide gives it, and no other user may', async () => {
  const guide = await readFile(resolve(INFRA, '../docs/operate/three-machines.md'), 'utf8');
  const port = await findFreePort('tcp');
  await makeCertificate();
  const config = (/^```conf\n(.*?)^```/ms.exec(guide)?.[1] ?? '')
    .replace('bind 0.0.0.0', 'bind 127.0.0.1')
    .replace('tls-port 6380', `tls-port ${port}`)
    .replaceAll('/etc/redis/tls', folder)
    .replace(`${folder}/ca.pem`, `${folder}/fullchain.pem`);
  await writeFile(join(folder, 'redis.conf'), `${config}\ndir ${folder}\n`);
  start('redis-server', [join(folder, 'redis.conf')]);
  const certificate = ['--tls', '--cacert', join(folder, 'fullchain.pem'), '-h', 'localhost', '-p', String(port)];
  const ping = (user: string, ...command: string[]): Promise<string> =>
    run('redis-cli', [...certificate, '--user', user, '--pass', 'REDIS_PASSWORD', '--no-auth-warning', ...command]).then(
      ({ stdout }) => stdout.trim(),
      (error: unknown) => String(error),
    );
  await waitUntil(
    'Redis answers',
    () => ping('causeway', 'PING'),
    (reply) => reply === 'PONG',
    20_000,
  );

  const lines = /^```ini\n(.*?)^```/ms.exec(guide)?.[1]?.match(/^\w+=.*$/gm) ?? [];
  const member = await startDaemon({
    ...Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])),
    // What only the machines of the guide have.
    CAUSEWAY_REDIS_URL: `rediss://causeway:REDIS_PASSWORD@localhost:${port}`,
    CAUSEWAY_CLUSTER_KEY: '0123456789abcdef0123456789abcdef',
    CAUSEWAY_APP_SECRET: '0123456789abcdef0123456789abcdef',
    CAUSEWAY_METRICS_LISTEN: `127.0.0.1:${await findFreePort('tcp')}`,
    CAUSEWAY_METRICS_TOKEN: METRICS_TOKEN,
    CAUSEWAY_USAGE_FOLDER: folder,
    NODE_EXTRA_CA_CERTS: join(folder, 'fullchain.pem'),
  });
  const stranger = await ping('default', 'PING');
  const outside = await ping('causeway', 'SET', 'other', '1');
  const log = member.readLog();
  await member.stop();

  expect(stranger).not.toBe('PONG');
  expect(outside).toContain('NOPERM');
  // Every call of a node is within these rights: nothing was refused on the way to `ready`.
  expect(lines.length).toBeGreaterThan(10);
  expect(log).not.toContain('NOPERM');
});
