/**
 * `scripts/first-bytes`: from a clean clone of what is committed to the first bytes on a chart, as someone new to the project goes: clone,
 * `scripts/start`, the link that it prints, an account, an app, the picture of their own camera. Fails above two minutes or ten clicks.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Child, findFreePort, PROJECT_ROOT, untilReady, waitUntil } from '@causeway/lab';
import type { Page } from 'playwright-core';
import { launchChromium } from '../browsers/chromium.ts';

const MAX_MS = 120_000;
const MAX_CLICKS = 10;
/** npm may have to download everything over a slow network. */
const START_DEADLINE_MS = 1_200_000;

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'causeway-first-bytes-'));
const clone = join(folder, 'causeway');
const startedAtMs = performance.now();
const elapsedMs = (): number => performance.now() - startedAtMs;
try {
  await run('git', ['clone', '--quiet', PROJECT_ROOT, clone]);
  const [httpPort, udpPort] = [await findFreePort('tcp'), await findFreePort('udp')];
  const node = startNode(httpPort, udpPort);
  try {
    await untilReady(node, `http://127.0.0.1:${httpPort}/readyz`, START_DEADLINE_MS);
    const readyMs = elapsedMs();
    const link = await waitUntil(
      'the node prints the link that sets it up',
      () => /(http:\S+\/setup#\S+)\s/.exec(node.log)?.[1] ?? '',
      (printed) => printed !== '',
    );
    const clicks = await walk(link);
    report(readyMs, elapsedMs(), clicks);
  } finally {
    await node.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Starts a node as on a machine without the project's own Node. */
function startNode(httpPort: number, udpPort: number): Child {
  const { CAUSEWAY_BOOKS: _, ...environment } = process.env;
  return new Child({
    name: 'the node',
    command: ['scripts/start'],
    folder: clone,
    environment: {
      ...environment,
      PATH: withoutOwnPrograms(environment.PATH ?? ''),
      XDG_STATE_HOME: join(folder, 'state'),
      CAUSEWAY_HTTP_PORT: String(httpPort),
      CAUSEWAY_UDP_PORT: String(udpPort),
      CAUSEWAY_DRAIN_SECONDS: '0',
    },
  });
}

function withoutOwnPrograms(path: string): string {
  return path
    .split(':')
    .filter((each) => !each.startsWith(PROJECT_ROOT))
    .join(':');
}

/** @returns the number of clicks */
async function walk(link: string): Promise<number> {
  const chromium = await launchChromium();
  try {
    const { page } = await chromium.openPage(link);
    let clicks = 0;
    const click = async (name: string): Promise<void> => {
      clicks++;
      await page.getByRole('button', { name, exact: true }).click();
    };
    await fill(page, {
      Organisation: 'Example',
      'Your name': 'Ada',
      Email: 'ada@example.org',
      Password: 'correct horse battery staple',
    });
    await click('Create account');
    await click('New app');
    await fill(page, { Name: 'Demo' });
    await click('Create app');
    await click('Run with my camera');
    await page.getByText('Playing the video received').waitFor();
    await page.getByRole('img', { name: /^Chart: [1-9].* (kB|MB) received$/ }).waitFor();
    return clicks;
  } finally {
    await chromium.close();
  }
}

async function fill(page: Page, texts: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(texts)) await page.getByRole('textbox', { name, exact: true }).fill(text);
}

function report(readyMs: number, doneMs: number, clicks: number): void {
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
  const isHeld = doneMs <= MAX_MS && clicks <= MAX_CLICKS;
  process.stdout.write(
    `${isHeld ? ' ' : '!'} a clean clone is installed and ready after ${seconds(readyMs)}; the first bytes are on the chart ${seconds(doneMs - readyMs)} ` +
      `and ${clicks} clicks later, after ${seconds(doneMs)} of ${seconds(MAX_MS)}\n`,
  );
  if (!isHeld) process.exitCode = 1;
}
