import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, TokenDesk } from '@causeway/accounts';
import { AdminApi } from '@causeway/lab';
import { createLoadApi, quantile } from '@causeway/loadtest';
import { runAdversary } from '../adversary.ts';
import type { WatchedNode } from '../watched-node.ts';
import type { StatusCounts } from './raw-http.ts';
import type { ServiceApp, ServiceReport, ServiceTask } from './service-caller-main.ts';
import type { Strain } from './strain.ts';

const SECONDS = 30;
const SHORT_SECONDS = 4;
const CALLS_PER_SECOND = 1_000;
const SIGN_INS_PER_SECOND = 20;
const TOKENS_PER_APP = 100;
/** One address may sign in ten times a minute. */
const PEOPLE = 65;
const PASSWORD = 'known to this machine alone';
const APPS = ['one', 'two', 'three', 'four', 'five'].map((name) => ({
  id: `service-${name}`,
  secret: `the-secret-of-service-${name}-known-to-this-machine-only`,
}));
const MAX_LATENCY_P99_MS = 10;
const MAX_VERIFICATION_SHARE = 0.03;
const MEASURED_SIGNATURES = 300;
const MEASURED_LOOK_UPS = 10_000;
/** Calls and sign-ins may still be under way when the connections are closed, so this many may remain unanswered. */
const MIN_ANSWERED_SHARE = 0.99;

/** Repeats what an ordinary busy service does: pages call with tokens, people sign in, and everything that the call uses is booked. */
export const serviceLoad: Strain = {
  name: 'service-load',
  what: `${CALLS_PER_SECOND} calls with tokens and ${SIGN_INS_PER_SECOND} sign-ins a second for ${SECONDS} s, with books`,
  sparesOthers: true,
  maxLatencyP99Ms: MAX_LATENCY_P99_MS,
  // Twenty passwords a second take most of a core.
  spreadsThreads: true,
  options() {
    const folder = mkdtempSync(join(tmpdir(), 'causeway-'));
    const file = join(folder, 'config.json');
    writeFileSync(file, JSON.stringify({ apps: APPS.map(({ id, secret }) => ({ id, secrets: [secret] })) }));
    return { CAUSEWAY_CONFIG: file, CAUSEWAY_BOOKS: join(folder, 'books.sqlite') };
  },
  async exert(node, isShort) {
    const { url } = node.address;
    const admin = await AdminApi.setUp(url, () => node.log);
    const people = await admin.createPeople(PEOPLE, PASSWORD);
    const apps = await Promise.all(APPS.map((app) => withTokens(url, app)));
    const task: ServiceTask = { url, seconds: isShort ? SHORT_SECONDS : SECONDS, apps, people, password: PASSWORD };
    const before = await readSpent(node);
    const report = await runAdversary<ServiceReport>(new URL('./service-caller-main.ts', import.meta.url), task);
    const after = await readSpent(node);
    return [...describeReplies(report, task.seconds), describeVerification(before, after, await measureCosts())];
  },
};

async function withTokens(url: string, app: Omit<ServiceApp, 'tokens'>): Promise<ServiceApp> {
  const api = createLoadApi({ url, appId: app.id, secret: app.secret });
  const tokens: string[] = [];
  while (tokens.length < TOKENS_PER_APP) {
    const { body } = await api.send({ method: 'POST', path: '/tokens', body: { sub: `user-${tokens.length}`, expiresIn: 3_600 } });
    tokens.push((body as { readonly token: string }).token);
  }
  return { ...app, tokens };
}

interface Spent {
  readonly atMs: number;
  readonly lookUpSeconds: number;
  readonly signatureSeconds: number;
  readonly signatures: number;
  readonly accepted: number;
}

/** CPU seconds of all threads. */
interface TokenCosts {
  /** The cost of a token that was never seen before. */
  readonly ofSignature: number;
  /** The cost of a token that is remembered. */
  readonly ofLookUp: number;
}

async function readSpent(node: WatchedNode): Promise<Spent> {
  return {
    atMs: performance.now(),
    lookUpSeconds: await node.metric('causeway_token_verification_seconds_total{part="lookup"}'),
    signatureSeconds: await node.metric('causeway_token_verification_seconds_total{part="signature"}'),
    signatures: await node.metric('causeway_token_verifications_total'),
    accepted: await node.metric('causeway_tokens_total{outcome="accepted"}'),
  };
}

/** The node can only tell how long tokens took, which includes waiting for a processor, so the work on each is measured separately. */
function describeVerification(before: Spent, after: Spent, { ofSignature, ofLookUp }: TokenCosts): string {
  const seconds = (after.atMs - before.atMs) / 1_000;
  const signatures = after.signatures - before.signatures;
  const remembered = after.accepted - before.accepted - signatures;
  const [lookUp, signature] = [(remembered * ofLookUp) / seconds, (signatures * ofSignature) / seconds];
  const waitedMs = (1_000 * (after.signatureSeconds - before.signatureSeconds)) / signatures;
  const tookShare = (after.lookUpSeconds - before.lookUpSeconds) / seconds;
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  const us = (costSeconds: number): string => `${(1e6 * costSeconds).toFixed(1)} us`;
  const parts = `${percent(lookUp)} for ${remembered} remembered at ${us(ofLookUp)}, ${percent(signature)} for ${signatures} signatures at ${us(ofSignature)}`;
  const waits = `finding what is remembered took ${percent(tookShare)} of the time, and the result of a signature ${waitedMs.toFixed(1)} ms`;
  const line = `verification: ${percent(lookUp + signature)} of a core (${parts}); ${waits}`;
  return lookUp + signature <= MAX_VERIFICATION_SHARE ? line : `! ${line}`;
}

/** Measures in this process, which is otherwise idle. */
async function measureCosts(): Promise<TokenCosts> {
  const desk = new TokenDesk();
  const [{ id, secret } = { id: '', secret: '' }] = APPS;
  const app = createApp({ id, secrets: [secret] });
  const tokens = Array.from({ length: 2 * MEASURED_SIGNATURES }, (_, index) => desk.mint(app.id, { sub: `user-${index}` }));
  const texts = (await Promise.all(tokens)).map(({ token }) => token);
  const cpuSecondsOfEach = async (count: number): Promise<number> => {
    const before = process.cpuUsage();
    for (let index = 0; index < count; index++) await desk.verify(app.id, app, texts[index % MEASURED_SIGNATURES] ?? '');
    const { user, system } = process.cpuUsage(before);
    return (user + system) / count / 1e6;
  };
  for (const text of texts.slice(MEASURED_SIGNATURES)) await desk.verify(app.id, app, text);
  const ofSignature = await cpuSecondsOfEach(MEASURED_SIGNATURES);
  return { ofSignature, ofLookUp: await cpuSecondsOfEach(MEASURED_LOOK_UPS) };
}

function describeReplies({ calls, mintings, signIns, signInsMs }: ServiceReport, seconds: number): readonly string[] {
  const wanted = { calls: seconds * CALLS_PER_SECOND, mintings: seconds * SIGN_INS_PER_SECOND, signIns: seconds * SIGN_INS_PER_SECOND };
  const lateMs = quantile(signInsMs, 0.99).toFixed(0);
  return [
    describeCounts('calls with tokens', calls, wanted.calls),
    describeCounts('new tokens', mintings, wanted.mintings),
    `${describeCounts('sign-ins', signIns, wanted.signIns)}; p99 ${lateMs} ms`,
  ];
}

function describeCounts(what: string, counts: StatusCounts, wanted: number): string {
  const line = `${what}: ${[...counts].map(([status, times]) => `${times} x ${status}`).join(', ')} (of ${wanted})`;
  return (counts.get('200') ?? 0) >= MIN_ANSWERED_SHARE * wanted ? line : `! ${line}`;
}
