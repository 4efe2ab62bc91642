/** Tests what users get from npm: the tarballs, installed into an empty folder outside this repository. */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { findFreePort, waitUntil } from '@causeway/lab';

jest.setTimeout(300_000);

const run = promisify(execFile);
const PROJECT_ROOT = resolve(import.meta.dirname, '../../..');
const SECRET = 'a-secret-of-this-test-for-packages';
/** The oldest Node that packages promise to run on; the newest runs this test. */
const OLDEST_NODE = '24.0.0';
/** An idle machine needs a few seconds; a busy one may need many. */
const PAGE_DEADLINE_MS = 90_000;

/** npm waits five minutes for a registry that has stopped answering. A new connection helps. */
const PATIENCE = ['--fetch-timeout=40000', '--fetch-retries=5'];

let folder: string;
/** The folders of both programs. */
const nodes: Record<'oldest' | 'newest', string> = { oldest: '', newest: dirname(process.execPath) };
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'causeway-packages-'));
  await run(join(PROJECT_ROOT, 'scripts/pack'), [join(folder, 'tarballs')], { timeout: 180_000 });
  const tarballs = (await readdir(join(folder, 'tarballs'))).map((name) => `./tarballs/${name}`);
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  // geoip-lite is optional, and a large file to fetch.
  const options = ['--no-audit', '--no-fund', '--omit=optional', '--loglevel=error'];
  // What a user of TypeScript installs beside Express.
  const types = ['@types/express@5.0.6', '@types/node@26.6.6'];
  await run('npm', ['install', ...options, ...PATIENCE, ...types, ...tarballs], { cwd: folder, timeout: 180_000 });
  nodes.oldest = await installNode(OLDEST_NODE);
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(stop));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Creates a program outside the folder of the packages, which must not find it. @returns the program's folder */
async function installNode(version: string): Promise<string> {
  const apart = join(folder, 'node');
  await mkdir(apart);
  await writeFile(join(apart, 'package.json'), '{ "private": true, "allowScripts": { "node": true } }\n');
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...PATIENCE, `node@${version}`], {
    cwd: apart,
    timeout: 180_000,
  });
  return join(apart, 'node_modules/node/bin');
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  child.kill('SIGINT');
  await once(child, 'exit');
  return child.exitCode;
}

/** Starts a program of the folder with an environment of path and home alone. */
function start(program: string, args: readonly string[], environment: Readonly<Record<string, string>>, node = nodes.newest) {
  const env = { PATH: `${node}:${process.env.PATH}`, HOME: process.env.HOME, ...environment };
  const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let log = '';
  for (const output of [child.stdout, child.stderr]) output.on('data', (chunk: Buffer) => (log += chunk.toString()));
  return { child, readLog: () => log };
}

async function statusOf(url: string, init?: RequestInit): Promise<string> {
  return fetch(url, init).then(
    ({ status }) => String(status),
    (error: unknown) => String(error),
  );
}

const answers = (url: string, deadlineMs = PAGE_DEADLINE_MS) =>
  waitUntil(
    `${url} answers`,
    () => statusOf(url),
    (status) => status === '200',
    deadlineMs,
  );

async function startNode(node: string): Promise<string> {
  const [httpPort, udpPort] = [await findFreePort('tcp'), await findFreePort('udp')];
  const ports = { CAUSEWAY_HTTP_PORT: String(httpPort), CAUSEWAY_UDP_PORT: String(udpPort), CAUSEWAY_BOOKS: 'off' };
  start('node_modules/.bin/causeway', [], { ...ports, CAUSEWAY_APP_ID: 'demo', CAUSEWAY_APP_SECRET: SECRET }, node);
  const url = `http://127.0.0.1:${httpPort}`;
  await answers(`${url}/readyz`);
  return url;
}

it('have manifests and types that match their contents', async () => {
  const check = (of: string) =>
    run('node', [join(PROJECT_ROOT, 'scripts/check-packages.ts'), of]).then(
      ({ stdout }) => [0, stdout],
      ({ code, stdout }: { code: number; stdout: string }) => [code, stdout],
    );
  const wrong = join(folder, 'wrong');
  await mkdir(wrong);
  const entries = { '.': { types: './index.d.cts', default: './index.js' }, './other': './not-there.js' };
  const manifest = { name: 'wrong', version: '1.0.0', type: 'module', exports: entries };
  await writeFile(join(wrong, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(wrong, 'index.js'), 'export const one = 1;\n');
  await writeFile(join(wrong, 'index.d.cts'), 'export declare const one: number;\n');
  await run('npm', ['pack', '--silent'], { cwd: wrong });

  expect(await check(join(folder, 'tarballs'))).toEqual([0, '']);
  expect(await check(wrong)).toEqual([1, expect.stringMatching(/not-there\.js.*"FalseCJS"/s)]);
});

it('have a client that needs werift only for its entry for Node', async () => {
  const load = (entry: string) =>
    run(process.execPath, ['--input-type=module', '-e', `await import('${entry}')`], { cwd: folder }).then(
      () => 'loaded',
      ({ stderr }: { stderr: string }) => stderr,
    );

  expect(await load('@causeway/client')).toBe('loaded');
  expect(await load('@causeway/client/node')).toContain("Cannot find package 'werift'");
});

it('have a program that prints its version and options, and names unknown ones', async () => {
  const call = (...args: string[]) =>
    run(join(folder, 'node_modules/.bin/causeway'), args, { env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}` } }).then(
      ({ stdout }) => [0, stdout],
      ({ code, stderr }: { code: number; stderr: string }) => [code, stderr],
    );
  const { version } = JSON.parse(await readFile(join(PROJECT_ROOT, 'packages/causeway/package.json'), 'utf8'));

  expect(await call('--version')).toEqual([0, `${version}\n`]);
  expect(await call('--help')).toEqual([0, expect.stringMatching(/causeway cluster.*CAUSEWAY_HTTP_PORT/s)]);
  expect(await call('nonsense')).toEqual([2, expect.stringContaining('there is no command "nonsense"')]);
  expect(await call('cluster', '--regions', '9')).toEqual([2, expect.stringContaining('--regions must be 1 to 5')]);
});

it('have a program that refuses a Node that is too old', async () => {
  const older = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.12.0' } })";
  const preload = `data:text/javascript,${encodeURIComponent(older)}`;

  const call = run(process.execPath, ['--import', preload, join(folder, 'node_modules/causeway/dist/main.js')]);

  await expect(call).rejects.toMatchObject({ code: 2, stderr: 'causeway: Node 24 or newer is needed, and this is Node 22.12.0\n' });
});

it('have types that the embedding example compiles with, declarations included', async () => {
  const typed = join(folder, 'typed');
  await mkdir(typed);
  await cp(join(PROJECT_ROOT, 'examples/embed-in-express/server.ts'), join(typed, 'embed.ts'));
  await writeFile(join(typed, 'wrong.ts'), "import { createSfu } from 'causeway';\nexport const port: number = await createSfu();\n");
  const compilerOptions = { module: 'nodenext', target: 'es2024', strict: true, skipLibCheck: false, noEmit: true, types: ['node'] };
  await writeFile(join(typed, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));

  const compiling = run(join(PROJECT_ROOT, 'node_modules/.bin/tsc'), ['--pretty', 'false', '-p', typed]);

  const { stdout: said } = await compiling.catch((failure: { stdout: string }) => failure);
  expect(said).toMatch(/^[^\n]*wrong\.ts\(2,14\): error TS2322: [^\n]*\n$/);
});

it('run a cluster of linked nodes until a signal ends it', async () => {
  const port = await findFreePort('tcp');
  const { child, readLog } = start('node_modules/.bin/causeway', ['cluster', '--regions', '2', '--port', String(port)], {
    CAUSEWAY_APP_ID: 'demo',
    CAUSEWAY_APP_SECRET: SECRET,
  });
  await waitUntil(
    'both nodes are ready',
    async () => readLog(),
    (log) => log.includes(`us: http://localhost:${port + 1}/#app=demo`),
    60_000,
  );
  await waitUntil(
    'they are linked',
    async () => readLog(),
    (log) => log.includes('linked to a node'),
    30_000,
  );

  expect(await stop(child)).toBe(0);
  expect(await statusOf(`http://127.0.0.1:${port}/readyz`)).not.toBe('200');
});

describe.each(['oldest', 'newest'] as const)('on the %s Node that they promise to run on', (age) => {
  const node = (): string => nodes[age];

  it('serve the page and the API description', async () => {
    const url = await startNode(node());

    expect(await (await fetch(url)).text()).toContain('<script type="module"');
    expect(await statusOf(`${url}/docs`)).toBe('200');
    expect(await (await fetch(`${url}/openapi.json`)).json()).toMatchObject({ openapi: '3.1.0' });
  });

  it('run the call example', async () => {
    const sfuUrl = await startNode(node());
    await cp(join(PROJECT_ROOT, 'examples/call'), join(folder, 'call'), {
      recursive: true,
      filter: (path) => !/node_modules|dist/.test(path),
    });
    const port = await findFreePort('tcp');
    start('node', ['call/server.ts'], { PORT: String(port), SFU_URL: sfuUrl, SFU_SECRET: SECRET }, node());
    const url = `http://127.0.0.1:${port}`;
    await answers(url);
    const signedIn = await fetch(`${url}/sign-in`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"name":"Ada"}',
    });
    const Cookie = String(signedIn.headers.get('Set-Cookie')?.split(';')[0]);
    const { token, api } = (await (await fetch(`${url}/token`, { headers: { Cookie } })).json()) as Record<string, string>;

    expect(await statusOf(`${api}/sessions`, { headers: { Authorization: `Bearer ${token}` } })).toBe('200');
  });

  it('run the embedding example', async () => {
    await cp(join(PROJECT_ROOT, 'examples/embed-in-express/server.ts'), join(folder, 'embed.ts'));
    const port = await findFreePort('tcp');
    start('node', ['embed.ts'], { PORT: String(port), SFU_SECRET: SECRET }, node());
    const url = `http://127.0.0.1:${port}`;
    await answers(`${url}/hello`);

    expect(await statusOf(`${url}/api/sfu/demo/sessions`, { headers: { Authorization: `Bearer ${SECRET}` } })).toBe('200');
    expect(await statusOf(`${url}/api/sfu/openapi.json`)).toBe('200');
  });
});
