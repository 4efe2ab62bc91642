/**
 * `scripts/console-list [sessions]`: how soon the console shows the first of so many sessions, and how smoothly the list scrolls. The node,
 * the console and the stream of events are real; the list itself is answered by this program, page by page as the API does it, since ten
 * thousand calls would measure this machine and not the page. Fails above 500 ms or below 50 frames a second.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page, Route } from 'playwright-core';
import { openStage } from '../call/stage.ts';
import { openAccount } from '../servers/console-account.ts';

const FIRST_ROW_MS = 500;
const FRAMES_PER_SECOND = 50;
const SCROLL_MS = 3_000;
/** Six screens a second at 60 frames. */
const SCROLL_PIXELS_PER_FRAME = 80;

const sessions = Number(process.argv[2] ?? 10_000);
if (!(sessions >= 1)) {
  process.stderr.write('scripts/console-list [how many sessions, 10000 unless given]\n');
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'causeway-console-list-'));
const stage = await openStage({ CAUSEWAY_BOOKS: join(folder, 'books.sqlite') });
try {
  const { cookie, appId } = await openAccount(stage.daemon);
  const { page } = await stage.chromium.openPage('about:blank');
  await page.context().addCookies([{ ...cookie, url: stage.daemon.access.host, sameSite: 'Strict' }]);
  await page.route(/\/sessions\?/, answerPage);
  await page.goto(`${stage.daemon.access.host}/#/apps/${appId}`);
  await page.getByRole('link', { name: 'Sessions' }).waitFor();
  const firstRowMs = await untilFirstRow(page);
  await page.getByText(`${sessions} open sessions.`).waitFor();
  const idle = await scroll(page, 0);
  const busyMsOf = await cpuMeterOf(page);
  const { frames, framesPerSecond, longestFrameMs } = await scroll(page, SCROLL_PIXELS_PER_FRAME);
  const cpuMsPerFrame = (await busyMsOf()) / frames;
  process.stdout.write(
    `${sessions} sessions: first row after ${firstRowMs.toFixed(0)} ms; scrolling at ${framesPerSecond.toFixed(1)} frames a second, ` +
      `the longest ${longestFrameMs.toFixed(0)} ms, with ${cpuMsPerFrame.toFixed(1)} ms of the main thread's CPU for each; ` +
      `standing still, this machine draws ${idle.framesPerSecond.toFixed(1)} a second\n`,
  );
  if (firstRowMs > FIRST_ROW_MS || framesPerSecond < FRAMES_PER_SECOND) process.exitCode = 1;
} finally {
  await stage.close();
  rmSync(folder, { recursive: true });
}

async function answerPage(route: Route): Promise<void> {
  const url = new URL(route.request().url());
  const [from, limit] = [Number(url.searchParams.get('cursor') ?? 0), Number(url.searchParams.get('limit') ?? sessions)];
  const end = Math.min(from + limit, sessions);
  url.searchParams.set('cursor', String(end));
  const json = Array.from({ length: end - from }, (_, index) => ({
    sessionId: `session-101-00000000-0000-4000-8000-${String(from + index).padStart(12, '0')}`,
    sfuAppId: 'demo',
    metadata: `Participant ${from + index}`,
    group: `call-${(from + index) % 500}`,
    connectionState: 'connected',
  }));
  const headers = end < sessions ? { Link: `<${url.pathname}${url.search}>; rel="next"` } : undefined;
  await route.fulfill({ json, ...(headers === undefined ? {} : { headers }) });
}

/** Goes to the list, and measures in the page, with the code of the list not loaded yet. */
function untilFirstRow(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const startMs = performance.now();
        const look = () => {
          if (document.querySelector('tbody th a') === null) requestAnimationFrame(look);
          else resolve(performance.now() - startMs);
        };
        [...document.querySelectorAll('a')].find(({ textContent }) => textContent === 'Sessions')?.click();
        look();
      }),
  );
}

/** @returns a function that reports the CPU time in milliseconds that the page's main thread has used since this call */
async function cpuMeterOf(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const read = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1_000;
  };
  const startMs = await read();
  return async () => (await read()) - startMs;
}

interface Scrolled {
  readonly frames: number;
  readonly framesPerSecond: number;
  readonly longestFrameMs: number;
}

function scroll(page: Page, pixelsPerFrame: number): Promise<Scrolled> {
  return page.evaluate(
    ({ durationMs, step }) =>
      new Promise<Scrolled>((resolve, reject) => {
        const list = document.querySelector('.tall');
        if (list === null) return reject(new Error('the list does not scroll'));
        const startMs = performance.now();
        let [frames, lastMs, longestFrameMs] = [0, startMs, 0];
        const next = (): void => {
          const nowMs = performance.now();
          longestFrameMs = Math.max(longestFrameMs, nowMs - lastMs);
          [frames, lastMs] = [frames + 1, nowMs];
          list.scrollTop += step;
          if (nowMs - startMs < durationMs) requestAnimationFrame(next);
          else resolve({ frames, framesPerSecond: (frames * 1000) / (nowMs - startMs), longestFrameMs });
        };
        requestAnimationFrame(next);
      }),
    { durationMs: SCROLL_MS, step: pixelsPerFrame },
  );
}
