import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiReply, NodeApi } from '../clients/node-api.ts';
import { billedExactly } from './bill.ts';
import { Call } from './call.ts';
import { atMost, exactly, type Finding } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import { lossless } from './lossless.ts';
import { isRegistryRight } from './registry-right.ts';
import type { Scenario, Thoroughness } from './scenario.ts';

const RIGHT_WITHIN_MS = 10_000;
const CALL_WITHIN_MS = 1_000;
/** Calls do not wait for a Redis that is known not to answer. */
const REFUSED_WITHIN_MS = 300;

/** A way in which Redis fails, and how it recovers. */
interface Outage {
  readonly name: string;
  readonly title: string;
  readonly covers: readonly string[];
  /** What a list of sessions states while Redis is down. */
  readonly list: string;
  /** What an app that no node knows is told while Redis is down. */
  readonly unknownApp: string;
  begin(lab: Lab): Promise<void>;
  end(lab: Lab): Promise<void>;
}

const STOPPED: Outage = {
  name: 'stopped',
  title: 'Redis stopped while calls run and people join',
  covers: ['F4', 'Show: Redis stopped for 60 s'],
  list: '200, said to be partial',
  unknownApp: '503 registry_unavailable',
  begin: (lab) => lab.redis.child.kill(),
  end: (lab) => lab.redis.restart(),
};

const FROZEN: Outage = {
  name: 'frozen',
  title: 'Redis frozen while calls run and people join',
  covers: ['F4', 'Show: Redis frozen for 60 s'],
  list: '200, said to be partial',
  unknownApp: '503 registry_unavailable',
  begin: async (lab) => lab.redis.child.signal('SIGSTOP'),
  end: async (lab) => lab.redis.child.signal('SIGCONT'),
};

/**
 * The master refuses writes because its only replica is gone, as `docs/operate/redis.md` advises. A full disk or memory looks the same to a
 * node.
 */
const UNWRITABLE: Outage = {
  name: 'unwritable',
  title: 'Redis answers and takes no writes while calls run and people join',
  covers: ['F4'],
  list: '200',
  unknownApp: '401 unauthorized',
  begin: async (lab) => void (await lab.redis.command('CONFIG', 'SET', 'min-replicas-to-write', '1')),
  end: async (lab) => void (await lab.redis.command('CONFIG', 'SET', 'min-replicas-to-write', '0')),
};

export const redisUnwritable: Scenario = outageScenario(UNWRITABLE);
export const redisStopped: Scenario = outageScenario(STOPPED);
export const redisFrozen: Scenario = outageScenario(FROZEN);

function outageScenario(outage: Outage): Scenario {
  return {
    name: `redis-${outage.name}`,
    covers: outage.covers,
    title: outage.title,
    needs: { redis: 'durable' },
    run: (lab, thoroughness) => runOutage(lab, outage, thoroughness),
  };
}

async function runOutage(lab: Lab, outage: Outage, thoroughness: Thoroughness): Promise<readonly Finding[]> {
  const durationMs = thoroughness === 'whole' ? 60_000 : 8_000;
  const call = await Call.open(lab, { name: 'talk', from: 'eu', to: { eu: 1, us: 3, ap: 3 } });
  await call.beginWindow();
  const startedAtMs = performance.now();
  await outage.begin(lab);
  const joins = await joinWhile(lab, call, () => performance.now() - startedAtMs < durationMs);
  const listed = await lab.api('eu').call('GET', '/sessions');
  const unknown = await new NodeApi({ ...lab.address('eu'), appId: 'known-to-redis' }).call('GET', '/sessions');
  const reports = await call.report();
  await outage.end(lab);
  const rightMs = await timeUntil(() => isRegistryRight(lab), 2 * RIGHT_WITHIN_MS);
  return [
    ...lossless(`in ${Math.round(durationMs / 1000)} s`, reports),
    exactly(
      `joins across regions that failed meanwhile, of ${joins.tried}`,
      joins.failures.length === 0 ? 0 : `${joins.failures.length}: ${joins.failures[0]}`,
      0,
    ),
    atMost('slowest API call of a live session meanwhile', joins.slowestCallMs, CALL_WITHIN_MS, ' ms'),
    exactly(
      'the list of sessions meanwhile',
      `${listed.status}${'x-partial' in listed.headers ? ', said to be partial' : ''}`,
      outage.list,
    ),
    exactly('an app that only Redis could know, meanwhile', `${unknown.status} ${errorCodeOf(unknown)}`, outage.unknownApp),
    atMost('how long that took', unknown.tookMs, REFUSED_WITHIN_MS, ' ms'),
    atMost('until the lists of all nodes are right, after its return', rightMs, RIGHT_WITHIN_MS, ' ms'),
    await billedExactly(lab, ['talk']),
  ];
}

function errorCodeOf({ body }: ApiReply): string {
  return (body as { readonly errorCode?: string } | undefined)?.errorCode ?? 'without an error';
}

/** Adds subscribers to a track whose owner is known to live, one every second, in regions other than the publisher's. */
async function joinWhile(lab: Lab, call: Call, isOn: () => boolean): Promise<{ tried: number; failures: string[]; slowestCallMs: number }> {
  const failures: string[] = [];
  let tried = 0;
  let slowestCallMs = 0;
  while (isOn()) {
    const region = tried % 2 === 0 ? 'us' : 'ap';
    const group = `late-${tried}`;
    const request = { group, address: lab.address(region), track: call.track, count: 1 };
    tried++;
    try {
      await lab.watchers.ask('watch', request);
      const sees = await timeUntil(
        async () => (await lab.watchers.ask('figures', group)).every(({ firstFrameMs }) => firstFrameMs !== null),
        5_000,
      );
      if (sees > 5_000) failures.push(`${group} saw nothing`);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
    // Another node owns the session, so the call is passed on to it.
    const other = region === 'us' ? 'ap' : 'us';
    const { status, tookMs, body } = await lab.api(other).call('GET', `/session/${call.track.remoteSessionId}/tracks`);
    if (status !== 200) failures.push(`a call passed on by ${other} was answered ${status}: ${JSON.stringify(body)}`);
    slowestCallMs = Math.max(slowestCallMs, tookMs);
    await sleep(1_000);
  }
  return { tried, failures, slowestCallMs };
}
