/** Tests a channel with many subscribers of which one stops reading: its effects on that subscriber, the others and the node. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Daemon, startDaemon } from '@causeway/e2e';
import { AskedChild, findFreePort } from '@causeway/lab';
import { quantile, type SfuAddress } from '@causeway/loadtest';
import type { ClientVerbs, TalkRequest } from '../clients/client-verbs.ts';
import { atLeast, atMost, exactly, type Finding } from '../scenarios/finding.ts';
import { timeUntil } from '../scenarios/lab.ts';

export interface OneThatStopsOptions {
  readonly subscribers: number;
  readonly talk: { readonly everyMs: number; readonly messageBytes: number };
  /** The time after the subscriber stops. */
  readonly durationMs: number;
  note(text: string): void;
}

/** How a channel treats a subscriber that is too slow: a reliable one ends, an unreliable one drops messages. */
type Policy = 'reliable' | 'unreliable';

const OTHERS_WITHIN_MS = 50;
const ARRIVED_WITHIN_MS = 10_000;
/** The most that a node may buffer for one subscriber, plus the fluctuation of a busy heap. */
const MAX_GROWTH_MIB = 48;
const MIB = 1 << 20;
/** The tolerated share of unreliable messages that a busy machine drops because it is late. */
const MAX_MISSED_RATIO = 0.01;

/** Runs the test with a reliable and then with an unreliable channel, each on its own node. */
export async function readBesideOneThatStops(options: OneThatStopsOptions): Promise<readonly Finding[]> {
  return [...(await readBeside('reliable', options)), ...(await readBeside('unreliable', options))];
}

async function readBeside(policy: Policy, options: OneThatStopsOptions): Promise<readonly Finding[]> {
  const debugPort = await findFreePort('tcp');
  const daemon = await startDaemon({ CAUSEWAY_DEBUG_PORT: String(debugPort), CAUSEWAY_MAX_EVENT_LOOP_DELAY_MS: '10000' });
  const talker = new AskedChild<ClientVerbs>({ name: 'talker', program: new URL('../clients/client-main.ts', import.meta.url) });
  const hearers = new AskedChild<ClientVerbs>({ name: 'hearers', program: new URL('../clients/client-main.ts', import.meta.url) });
  try {
    await joinAll(policy, options, { daemon, talker, hearers });
    return await watch(policy, options, { debugPort, talker, hearers });
  } finally {
    await Promise.all([talker.child.kill(), hearers.child.kill()]);
    await daemon.stop();
  }
}

interface Clients {
  readonly talker: AskedChild<ClientVerbs>;
  readonly hearers: AskedChild<ClientVerbs>;
}

async function joinAll(policy: Policy, options: OneThatStopsOptions, { daemon, talker, hearers }: Clients & { readonly daemon: Daemon }) {
  const { host, appId, secret } = daemon.access;
  const address: SfuAddress = { url: host, appId, secret };
  const request: TalkRequest = { group: 'talker', address, ...(policy === 'unreliable' && { maxRetransmits: 0 }) };
  const remoteSessionId = await talker.ask('talk', request);
  await hearers.ask('hear', { group: 'others', address, remoteSessionId, count: options.subscribers - 1 });
  await hearers.ask('hear', { group: 'stopped', address, remoteSessionId, count: 1 });
  await talker.ask('keepTalking', { group: 'talker', ...options.talk });
  const heardMs = await timeUntil(async () => {
    const heard = [...(await hearers.ask('heard', 'others')), ...(await hearers.ask('heard', 'stopped'))];
    return heard.every(({ received }) => received > 0);
  }, ARRIVED_WITHIN_MS);
  if (heardMs > ARRIVED_WITHIN_MS) throw new Error('Not every subscriber hears something');
  // This lets the node's code be compiled before the measurement.
  await sleep(5_000);
}

async function watch(
  policy: Policy,
  { durationMs, note }: OneThatStopsOptions,
  { debugPort, talker, hearers }: Clients & { readonly debugPort: number },
): Promise<readonly Finding[]> {
  const before = await readMetrics(debugPort);
  await hearers.ask('takeHearingDelaysMs', 'others');
  await hearers.ask('stopHearing', 'stopped');
  await sleep(durationMs);
  const delaysMs = await hearers.ask('takeHearingDelaysMs', 'others');
  const after = await readMetrics(debugPort);
  const last = await talker.ask('stopTalking', 'talker');
  await timeUntil(async () => (await hearers.ask('heard', 'others')).every((each) => each.last === last), ARRIVED_WITHIN_MS);
  const others = await hearers.ask('heard', 'others');
  const missing = others.reduce((sum, { first, received }) => sum + (first === null ? last : last - first + 1 - received), 0);
  const p99Ms = quantile(delaysMs, 0.99);
  const growthMib = (after.residentBytes - before.residentBytes) / MIB;
  note(`${policy}: ${delaysMs.length} messages in time, half of them within ${quantile(delaysMs, 0.5).toFixed(1)} ms`);
  return [
    exactly(`${policy}: channels of theirs that were closed`, sum(others.map(({ closed }) => closed)), 0),
    atMost(`${policy}: 99 of 100 messages come to them within`, p99Ms, OTHERS_WITHIN_MS, ' ms'),
    ...(policy === 'reliable'
      ? [
          exactly(`reliable: messages missed by ${others.length} others, of ${last} each`, missing, 0),
          exactly('reliable: messages that came to them twice, out of turn or changed', sum(others.map(({ wrong }) => wrong)), 0),
          exactly('reliable: subscriptions that ended because too much waited', after.overflows - before.overflows, 1),
        ]
      : [
          atMost(
            `unreliable: messages missed by ${others.length} others, of ${last} each`,
            missing,
            MAX_MISSED_RATIO * last * others.length,
            '',
          ),
          exactly('unreliable: subscriptions that ended because too much waited', after.overflows - before.overflows, 0),
          atLeast('unreliable: messages left out for the one that has stopped', after.dropped - before.dropped, 1),
        ]),
    atMost(`${policy}: memory of the node, more than before`, growthMib, MAX_GROWTH_MIB, ' MiB'),
  ];
}

interface Metrics {
  readonly residentBytes: number;
  readonly overflows: number;
  readonly dropped: number;
}

async function readMetrics(debugPort: number): Promise<Metrics> {
  const text = await (await fetch(`http://127.0.0.1:${debugPort}/metrics`)).text();
  const read = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  return {
    residentBytes: read('process_resident_memory_bytes'),
    overflows: read('causeway_data_troubles_total\\{kind="overflow"\\}'),
    dropped: read('causeway_secure_discarded_total\\{protocol="sctp",cause="droppedMessages"\\}'),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
