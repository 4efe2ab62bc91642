/**
 * `scripts/lighthouse [page...]`: what Lighthouse says of each page of the console, as a telephone and as a desk see it. The node is real and
 * has an account, an app and a webhook; npm brings Lighthouse, which is no dependency of the project. Fails below 95 points of 100 for
 * accessibility or 90 for performance.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from '../browsers/find-program.ts';
import { type ConsoleAccount, openAccount } from '../servers/console-account.ts';
import { startDaemon } from '../servers/daemon.ts';

const LIGHTHOUSE = 'lighthouse@13.5.0';
const MIN_ACCESSIBILITY = 95;
const MIN_PERFORMANCE = 90;
const RUN_DEADLINE_MS = 180_000;
/** Lighthouse slows the processor and the network of a telephone down by calculation, and those of a desk hardly. */
const VIEWS = { phone: [], desk: ['--preset=desktop'] } as const;
type View = keyof typeof VIEWS;

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
  readonly runtimeError?: { readonly message: string };
}

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'causeway-lighthouse-'));
const daemon = await startDaemon({ CAUSEWAY_BOOKS: join(folder, 'books.sqlite'), CAUSEWAY_LOCATION: '52.52,13.40' });
try {
  const account = await openAccount(daemon);
  const pages = await pagesOf(account);
  const wanted = process.argv.slice(2);
  const unknown = wanted.find((name) => !pages.has(name));
  if (unknown !== undefined) throw new Error(`There is no page ${unknown}; there are ${[...pages.keys()].join(', ')}`);
  for (const [name, path] of pages) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    for (const view of Object.keys(VIEWS) as View[]) {
      const report = await measure(path, view, account);
      if (typeof report === 'string') fail(`${name} (${view}): ${report}`);
      else judge(name, view, report);
    }
  }
} finally {
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

/** @returns why there is none, in place of a report */
async function measure(path: string, view: View, { cookie }: ConsoleAccount): Promise<LighthouseReport | string> {
  const [output, headers] = [join(folder, 'report.json'), join(folder, 'headers.json')];
  writeFileSync(headers, JSON.stringify(path === 'sign-in' ? {} : { Cookie: `${cookie.name}=${cookie.value}` }));
  const options = [
    '--quiet',
    '--only-categories=accessibility,performance',
    '--output=json',
    `--output-path=${output}`,
    `--extra-headers=${headers}`,
    '--chrome-flags=--headless=new --no-sandbox --disable-gpu',
    ...VIEWS[view],
  ];
  const failure = await run('npx', ['--yes', LIGHTHOUSE, `${daemon.access.host}/#/${path}`, ...options], {
    cwd: folder,
    env: { ...process.env, CHROME_PATH: findProgram('chromium') },
    timeout: RUN_DEADLINE_MS,
  }).then(
    () => undefined,
    (error: Error & { readonly stderr?: string }) => error.stderr || error.message,
  );
  if (failure !== undefined) return failure.trim();
  const report = JSON.parse(readFileSync(output, 'utf8')) as LighthouseReport;
  return report.runtimeError?.message ?? report;
}

function judge(name: string, view: View, { categories, audits }: LighthouseReport): void {
  const points = (category: Category): number => Math.round(100 * (categories[category].score ?? 0));
  const [accessibility, performance] = [points('accessibility'), points('performance')];
  const isHeld = accessibility >= MIN_ACCESSIBILITY && performance >= MIN_PERFORMANCE;
  const ms = (audit: string): string => `${Math.round(audits[audit]?.numericValue ?? Number.NaN)} ms`;
  const failed = categories.accessibility.auditRefs.filter(({ id, weight }) => weight > 0 && audits[id]?.score === 0).map(({ id }) => id);
  const times = `first paint ${ms('first-contentful-paint')}, largest ${ms('largest-contentful-paint')}, blocked ${ms('total-blocking-time')}`;
  const line = [`${name} (${view}): accessibility ${accessibility}, performance ${performance}`, times, ...failed].join('; ');
  if (isHeld) process.stdout.write(`  ${line}\n`);
  else fail(line);
}

function fail(line: string): void {
  process.stdout.write(`! ${line}\n`);
  process.exitCode = 1;
}
