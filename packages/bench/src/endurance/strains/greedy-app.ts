import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLoadApi, LoadPeer, LoadSession, offerOf, quantile, type SfuAddress, writeOffer } from '@causeway/loadtest';
import { createSecureSuite } from '@causeway/secure';
import { runAdversary } from '../adversary.ts';
import type { WatchedNode } from '../watched-node.ts';
import type { GreedReport } from './greed-main.ts';
import { GREEDS, GREEDY_APP, type GreedTask } from './greeds.ts';
import type { Strain } from './strain.ts';

const SECONDS = 15;
const JOIN_EVERY_MS = 250;
const MAX_LATENCY_P99_MS = 10;
const SILENT_LISTENER = { onSrtp() {}, onSrtcp() {} };

type Suite = Awaited<ReturnType<typeof createSecureSuite>>;

/** One app does its worst in all ways at once, while the joins, calls and repeated calls of another app must not notice. */
export const greedyApp: Strain = {
  name: 'greedy-app',
  what: `one app wants all of the node for ${SECONDS} s, in ${GREEDS.length} ways at once; another one joins, publishes and repeats its calls`,
  sparesOthers: true,
  maxLatencyP99Ms: MAX_LATENCY_P99_MS,
  options() {
    const file = join(mkdtempSync(join(tmpdir(), 'causeway-')), 'config.json');
    writeFileSync(file, JSON.stringify({ apps: [{ id: GREEDY_APP.id, secrets: [GREEDY_APP.secret] }] }));
    return { CAUSEWAY_CONFIG: file, CAUSEWAY_LISTEN: '0.0.0.0', CAUSEWAY_ANNOUNCED_ADDRESS: '127.0.0.1' };
  },
  async exert(node) {
    const suite = await createSecureSuite();
    const offerSdp = writeOffer(new LoadPeer(suite, SILENT_LISTENER).local, undefined);
    const { url } = node.address;
    const key = randomUUID();
    const first = await createWithKey(node.address, offerSdp, key);
    const task: GreedTask = { url, outsideUrl: url.replace('127.0.0.1', ownAddress()), offerSdp, seconds: SECONDS };
    const indulged = runAdversary<GreedReport>(new URL('./greed-main.ts', import.meta.url), task);
    const joins = joinUntil(node, suite, indulged);
    const counts = await indulged;
    const again = await createWithKey(node.address, offerSdp, key);
    return [...describeGreeds(counts), describeJoins(await joins), describeRepetition(first, again), await describeRefusals(node)];
  },
};

/** @throws Error – this machine has no address but loopback, where every client counts as this machine itself */
function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const outside = addresses.find(({ family, internal }) => family === 'IPv4' && !internal);
  if (outside === undefined) throw new Error('greedy-app needs an IPv4 address of this machine that is not loopback');
  return outside.address;
}

interface KeyedReply {
  readonly sessionId: string | undefined;
  readonly isReplay: boolean;
}

async function createWithKey(address: SfuAddress, offerSdp: string, key: string): Promise<KeyedReply> {
  const call = { method: 'POST', path: '/session/new', body: offerOf(offerSdp), headers: { 'Idempotency-Key': key } } as const;
  const { body, headers } = await createLoadApi(address).send(call);
  return { sessionId: (body as { readonly sessionId?: string }).sessionId, isReplay: headers['idempotency-replayed'] !== undefined };
}

interface Joins {
  readonly waitsMs: readonly number[];
  readonly failures: readonly unknown[];
}

/** How long clients of the other app take from the first call to the end of the handshake. */
async function joinUntil({ address }: WatchedNode, suite: Suite, end: Promise<unknown>): Promise<Joins> {
  const context = { api: createLoadApi(address), suite };
  const waitsMs: number[] = [];
  const failures: unknown[] = [];
  const underWay: Promise<void>[] = [];
  let isOver = false;
  void end.finally(() => {
    isOver = true;
  });
  const join = async (): Promise<void> => {
    const startedMs = performance.now();
    const session = await LoadSession.join(context, { listener: SILENT_LISTENER });
    waitsMs.push(performance.now() - startedMs);
    await session.leave();
  };
  while (!isOver) {
    underWay.push(join().catch((error: unknown) => void failures.push(error)));
    await sleep(JOIN_EVERY_MS);
  }
  await Promise.all(underWay);
  return { waitsMs, failures };
}

function describeGreeds(report: GreedReport): readonly string[] {
  return GREEDS.map(({ name, wanted, tolerated, atMost = {} }, index) => {
    const counts = report[index] ?? new Map<string, number>();
    const isExpected = ([status, times]: readonly [string, number]) =>
      [...wanted, ...tolerated].includes(status) && times <= (atMost[status] ?? Number.POSITIVE_INFINITY);
    const isRight = wanted.every((status) => counts.has(status)) && [...counts].every(isExpected);
    return `${isRight ? '' : '! '}${name}: ${[...counts].map(([status, times]) => `${times} x ${status}`).join(', ')}`;
  });
}

function describeJoins({ waitsMs, failures }: Joins): string {
  const [p50, max] = [quantile(waitsMs, 0.5), quantile(waitsMs, 1)].map((ms) => ms.toFixed(0));
  const line = `the other app: ${waitsMs.length} joins in ${p50} ms, at most ${max} ms; ${failures.length} failed`;
  return failures.length === 0 ? line : `! ${line}: ${String(failures[0])}`;
}

function describeRepetition(first: KeyedReply, again: KeyedReply): string {
  const isHeld = first.sessionId !== undefined && again.isReplay && again.sessionId === first.sessionId;
  return isHeld ? 'its repeated call got the first reply' : '! its repeated call created another session';
}

async function describeRefusals(node: WatchedNode): Promise<string> {
  const unconnected = await node.metric('causeway_app_refusals_total{bound="unconnected_sessions"}');
  const queued = await node.metric('causeway_sessions_refused_total{reason="queue"}');
  const connections = await node.metric('causeway_clients_refused_total{limit="connections"}');
  const guesses = await node.metric('causeway_clients_refused_total{limit="authentications"}');
  return `refused: ${unconnected} sessions for want of connections, ${queued} in line, ${connections} connections, ${guesses} guesses`;
}
