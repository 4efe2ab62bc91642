/** The process of the users who call a service and sign in there. The process that measures is another one. */
import { setTimeout as sleep } from 'node:timers/promises';
import { playAdversary } from '../adversary.ts';
import { converse, count, type StatusCounts } from './raw-http.ts';

export interface ServiceTask {
  readonly url: string;
  readonly seconds: number;
  readonly apps: readonly ServiceApp[];
  readonly people: readonly string[];
  readonly password: string;
}

export interface ServiceApp {
  readonly id: string;
  readonly secret: string;
  /** The tokens are used in turn, and more are minted while calls are made. */
  readonly tokens: readonly string[];
}

export interface ServiceReport {
  readonly calls: StatusCounts;
  readonly mintings: StatusCounts;
  readonly signIns: StatusCounts;
  readonly signInsMs: readonly number[];
}

/** How often each app calls, on a connection of its own. */
const CALL_EVERY_MS = 5;
const PATIENCE_MS = 15_000;
/** Tokens are minted this often for all apps together. */
const MINT_EVERY_MS = 50;
const SIGN_IN_EVERY_MS = 50;
const MS_PER_SECOND = 1_000;

playAdversary<ServiceTask, ServiceReport>(async (task) => {
  const report = { calls: new Map(), mintings: new Map(), signIns: new Map(), signInsMs: [] as number[] };
  const tokens = task.apps.map((app) => [...app.tokens]);
  await Promise.all([
    ...task.apps.map((_app, index) => callApp(task, index, tokens[index] ?? [], report.calls)),
    mintTokens(task, tokens, report.mintings),
    signIn(task, report),
  ]);
  return report;
});

/** Calls with the newest tokens first, as the users of an app renew theirs now and then. Each app begins at another time, since apps do not wait for each other. */
async function callApp(task: ServiceTask, index: number, tokens: readonly string[], counts: StatusCounts): Promise<void> {
  const { url, seconds, apps } = task;
  const { id } = apps[index] ?? { id: '' };
  let calls = 0;
  const next = (): string => {
    const token = tokens[calls++ % tokens.length] ?? '';
    return `GET /api/sfu/${id}/sessions?limit=10 HTTP/1.1\r\nHost: node\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  };
  await sleep((index / apps.length) * CALL_EVERY_MS);
  const repeated = { bytes: next, everyMs: CALL_EVERY_MS, times: (MS_PER_SECOND / CALL_EVERY_MS) * seconds };
  await converse({ url: new URL(url), start: '', repeated, patienceMs: PATIENCE_MS }, counts);
}

async function mintTokens({ url, seconds, apps }: ServiceTask, tokens: readonly string[][], counts: StatusCounts): Promise<void> {
  await everySoOften(MINT_EVERY_MS, seconds, async (time) => {
    const { id, secret } = apps[time % apps.length] ?? { id: '', secret: '' };
    const reply = await post(`${url}/api/sfu/${id}/tokens`, { sub: `user-${time}` }, { Authorization: `Bearer ${secret}` });
    count(counts, String(reply.status));
    const { token } = JSON.parse(reply.text) as { readonly token?: string };
    if (token !== undefined) tokens[time % apps.length]?.push(token);
  });
}

async function signIn({ url, seconds, people, password }: ServiceTask, { signIns, signInsMs }: Mutable<ServiceReport>): Promise<void> {
  await everySoOften(SIGN_IN_EVERY_MS, seconds, async (time) => {
    const startedMs = performance.now();
    const { status } = await post(`${url}/api/admin/v1/sign-in`, { email: people[time % people.length], password }, {});
    count(signIns, String(status));
    signInsMs.push(performance.now() - startedMs);
  });
}

type Mutable<Report> = { [Field in keyof Report]: Report[Field] extends readonly (infer Item)[] ? Item[] : Report[Field] };

/** Starts each call on time, however long the previous ones take. */
async function everySoOften(everyMs: number, seconds: number, act: (time: number) => Promise<void>): Promise<void> {
  const startedMs = performance.now();
  const underWay: Promise<void>[] = [];
  for (let time = 0; time < (MS_PER_SECOND * seconds) / everyMs; time++) {
    underWay.push(act(time));
    await sleep(Math.max(0, startedMs + (time + 1) * everyMs - performance.now()));
  }
  await Promise.all(underWay);
}

async function post(url: string, body: unknown, headers: Readonly<Record<string, string>>) {
  const request = { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } };
  const reply = await fetch(url, { ...request, signal: AbortSignal.timeout(PATIENCE_MS) });
  return { status: reply.status, text: await reply.text() };
}
