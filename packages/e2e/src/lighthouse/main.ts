/**
 * `scripts/lighthouse [page...]`: prints Lighthouse's scores for each page of the console, as a phone and as a desktop. The node is real and
 * has an account, an app and a webhook; npm brings Lighthouse, which is no dependency of the project. Fails below 95 points of 100 for
 * accessibility or 90 for performance. A page that falls short is measured three times, and the median counts, because a pause of the
 * machine of a tenth of a second costs a run thirty points.
 *
 * @see https://github.com/GoogleChrome/lighthouse/blob/main/docs/variability.md
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findFreePort } from '@causeway/lab';
import { launchChromium } from '../browsers/chromium.ts';
import { findProgram } from '../browsers/find-program.ts';
import { type ConsoleAccount, openAccount } from '../servers/console-account.ts';
import { startDaemon } from '../servers/daemon.ts';

const MIN_ACCESSIBILITY = 95;
const MIN_PERFORMANCE = 90;
const VIEWS = ['phone', 'desk'] as const;
type View = (typeof VIEWS)[number];

type Category = 'accessibility' | 'performance';

interface AuditReference {
  readonly id: string;
  readonly weight: number;
}

interface Audit {
  /** Between 0 and 1; null if it does not apply. */
  readonly score: number | null;
  readonly numericValue?: number;
}

interface LighthouseReport {
  readonly categories: Readonly<Record<Category, { readonly score: number | null; readonly auditRefs: readonly AuditReference[] }>>;
  readonly audits: Readonly<Record<string, Audit>>;
  readonly runtimeError?: { readonly code: string; readonly message: string };
}

interface LighthouseConfig {
  readonly categories?: Readonly<Record<Category, { readonly auditRefs: readonly AuditReference[] }>>;
  readonly extends?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** The part of Lighthouse's exports that is used here. */
interface Lighthouse {
  readonly default: (url: string, flags: object, config: LighthouseConfig) => Promise<{ readonly lhr: LighthouseReport } | undefined>;
  readonly defaultConfig: LighthouseConfig;
  readonly desktopConfig: LighthouseConfig;
}

/** Lighthouse's errors for a recording without the start of the page, and for none. They say nothing about the page. */
const NOTHING_RECORDED = new Set(['NO_NAVSTART', 'NO_TRACING_STARTED']);

// npm has put it on the PATH.
const program = realpathSync(findProgram('lighthouse'));
const lighthouse = (await import(pathToFileURL(join(program, '../../core/index.js')).href)) as Lighthouse;
const folder = mkdtempSync(join(tmpdir(), 'causeway-lighthouse-'));
const daemon = await startDaemon({ CAUSEWAY_BOOKS: join(folder, 'books.sqlite'), CAUSEWAY_LOCATION: '52.52,13.40' });
const port = await findFreePort('tcp');
const browser = await launchChromium({ arguments: [`--remote-debugging-port=${port}`] });
try {
  const account = await openAccount(daemon);
  const pages = await pagesOf(account);
  const wanted = process.argv.slice(2);
  const unknown = wanted.find((name) => !pages.has(name));
  if (unknown !== undefined) throw new Error(`There is no page ${unknown}; there are ${[...pages.keys()].join(', ')}`);
  for (const [name, path] of pages) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    for (const view of VIEWS) {
      await measureOften(path, view, account).then(
        (reports) => judge(name, view, reports),
        (error: unknown) => fail(`${name} (${view}): ${String(error)}`),
      );
    }
  }
} finally {
  await browser.close();
  await daemon.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Paths behind `#/`, by name. */
async function pagesOf({ appId, post }: ConsoleAccount): Promise<ReadonlyMap<string, string>> {
  const made = await post<{ readonly webhook: { readonly id: string } }>(`/apps/${appId}/webhooks`, {
    url: 'https://hooks.example/causeway',
    description: 'Backend',
  });
  const app = `apps/${appId}`;
  return new Map([
    ['overview', ''],
    ['apps', 'apps'],
    ['quick-start', app],
    ['keys', `${app}/keys`],
    ['sessions', `${app}/sessions`],
    ['events', `${app}/events`],
    ['webhooks', `${app}/webhooks`],
    ['webhook', `${app}/webhooks/${made.webhook.id}`],
    ['usage', `${app}/usage`],
    ['settings', `${app}/settings`],
    ['nodes', 'nodes'],
    ['team', 'team'],
    ['audit', 'audit'],
    ['account', 'account'],
    ['sign-in', 'sign-in'],
  ]);
}

/** @returns one report, or three if the page falls short in the first */
async function measureOften(path: string, view: View, account: ConsoleAccount): Promise<readonly LighthouseReport[]> {
  const first = await measure(path, view, account);
  if (points(first, 'performance') >= MIN_PERFORMANCE) return [first];
  return [first, await measure(path, view, account), await measure(path, view, account)];
}

async function measure(path: string, view: View, { cookie }: ConsoleAccount): Promise<LighthouseReport> {
  const { settings = {} } = view === 'desk' ? lighthouse.desktopConfig : {};
  const unweighted = lighthouse.defaultConfig.categories?.performance.auditRefs.filter(({ weight }) => weight === 0) ?? [];
  const config: LighthouseConfig = {
    extends: 'lighthouse:default',
    settings: {
      ...settings,
      onlyCategories: ['accessibility', 'performance'],
      // This advice does not change the score, and Chromium takes seconds to find some of it.
      skipAudits: unweighted.map(({ id }) => id),
      disableFullPageScreenshot: true,
      // Reports of NO_NAVSTART were seen with the usual `about:blank`. The cause is suspected, not proven: from there Chromium goes to the
      // console in a new process, which may join the recording only after the page has begun. From this address it stays in one process.
      blankPage: `${daemon.access.host}/causeway.svg`,
      extraHeaders: path === 'sign-in' ? {} : { Cookie: `${cookie.name}=${cookie.value}` },
    },
  };
  const url = `${daemon.access.host}/#/${path}`;
  for (let isAgain = false; ; isAgain = true) {
    const result = await lighthouse.default(url, { port, logLevel: 'error' }, config);
    if (result === undefined) throw new Error(`Lighthouse has no report of ${url}`);
    const { runtimeError } = result.lhr;
    if (isAgain || runtimeError === undefined || !NOTHING_RECORDED.has(runtimeError.code)) return result.lhr;
    process.stdout.write(`  (${path}, ${view}: Chromium recorded nothing, ${runtimeError.code}; once more)\n`);
  }
}

function judge(name: string, view: View, reports: readonly LighthouseReport[]): void {
  const sorted = reports.toSorted((one, other) => points(one, 'performance') - points(other, 'performance'));
  const median = sorted[Math.floor(sorted.length / 2)] as LighthouseReport;
  const { categories, audits, runtimeError } = median;
  if (runtimeError !== undefined) {
    fail(`${name} (${view}): ${runtimeError.message}`);
    return;
  }
  const [accessibility, performance] = [points(median, 'accessibility'), points(median, 'performance')];
  const isHeld = accessibility >= MIN_ACCESSIBILITY && performance >= MIN_PERFORMANCE;
  const ms = (audit: string): string => `${Math.round(audits[audit]?.numericValue ?? Number.NaN)} ms`;
  const failed = categories.accessibility.auditRefs.filter(({ id, weight }) => weight > 0 && audits[id]?.score === 0).map(({ id }) => id);
  const times = `first paint ${ms('first-contentful-paint')}, largest ${ms('largest-contentful-paint')}, blocked ${ms('total-blocking-time')}`;
  const shift = `shifted ${(audits['cumulative-layout-shift']?.numericValue ?? Number.NaN).toFixed(3)}`;
  const runs = reports.length === 1 ? '' : ` (median of ${sorted.map((report) => points(report, 'performance')).join(', ')})`;
  const line = [`${name} (${view}): accessibility ${accessibility}, performance ${performance}${runs}`, `${times}, ${shift}`, ...failed];
  if (isHeld) process.stdout.write(`  ${line.join('; ')}\n`);
  else fail(line.join('; '));
}

/** @returns the points of 100; none if Lighthouse could not compute them */
function points({ categories }: LighthouseReport, category: Category): number {
  return Math.round(100 * (categories[category].score ?? 0));
}

function fail(line: string): void {
  process.stdout.write(`! ${line}\n`);
  process.exitCode = 1;
}
