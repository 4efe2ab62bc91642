import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '@causeway/loadtest';
import { OPEN_STREAM } from '../network/stream-proxy.ts';
import { Call } from './call.ts';
import { atMost, exactly } from './finding.ts';
import { REDIS_PROXY, timeUntil } from './lab.ts';
import { lossless } from './lossless.ts';
import { isRegistryRight } from './registry-right.ts';
import type { Scenario } from './scenario.ts';

/** The delay in each direction, so that a command takes 250 ms. */
const DELAY_MS = 125;
const STALL_MS = 2_000;
const P99_WITHIN_MS = 1_000;
const RIGHT_WITHIN_MS = 10_000;

/** A Redis that answers late delays what needs it, and nothing else. */
export const redisSlow: Scenario = {
  name: 'redis-slow',
  covers: ['F8'],
  title: 'Redis takes 250 ms for a command, and stalls for 2 s',
  needs: { redis: 'proxied' },
  async run(lab, thoroughness) {
    const rounds = thoroughness === 'whole' ? 60 : 15;
    const call = await Call.open(lab, { name: 'talk', from: 'eu', to: { us: 3, ap: 3 } });
    await call.beginWindow();
    await lab.cluster.network.ask('impairStream', { name: REDIS_PROXY, impairment: { delayMs: DELAY_MS, state: 'open' } });
    const tooksMs: number[] = [];
    const failures: string[] = [];
    for (let round = 0; round < rounds; round++) {
      if (round === Math.floor(rounds / 2)) {
        await lab.cluster.network.ask('impairStream', { name: REDIS_PROXY, impairment: { delayMs: DELAY_MS, state: 'silent' } });
        await sleep(STALL_MS);
        await lab.cluster.network.ask('impairStream', { name: REDIS_PROXY, impairment: { delayMs: DELAY_MS, state: 'open' } });
      }
      for (const [region, path] of [
        ['us', `/session/${call.track.remoteSessionId}/tracks`],
        ['ap', '/sessions?limit=10'],
      ] as const) {
        const { status, tookMs, body } = await lab.api(region).call('GET', path);
        tooksMs.push(tookMs);
        if (status !== 200) failures.push(`${path} was answered ${status}: ${JSON.stringify(body)}`);
      }
    }
    await lab.cluster.network.ask('impairStream', { name: REDIS_PROXY, impairment: OPEN_STREAM });
    const reports = await call.report();
    const rightMs = await timeUntil(() => isRegistryRight(lab), 2 * RIGHT_WITHIN_MS);
    return [
      ...lossless('during the fault', reports),
      atMost(`99% of ${tooksMs.length} API calls take`, quantile(tooksMs, 0.99), P99_WITHIN_MS, ' ms'),
      exactly('API calls that failed', failures.length === 0 ? 0 : `${failures.length}: ${failures[0]}`, 0),
      atMost('until the lists of all nodes are right, once it is fast again', rightMs, RIGHT_WITHIN_MS, ' ms'),
    ];
  },
};
