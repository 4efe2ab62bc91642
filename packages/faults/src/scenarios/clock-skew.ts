import { setTimeout as sleep } from 'node:timers/promises';
import { Call } from './call.ts';
import { atMost, exactly } from './finding.ts';
import { timeUntil } from './lab.ts';
import { lossless } from './lossless.ts';
import { isRegistryRight } from './registry-right.ts';
import type { Scenario } from './scenario.ts';

/** Where Debian's package `faketime` puts it. */
const LIBFAKETIME = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketime.so.1`;
const RIGHT_WITHIN_MS = 10_000;

/** Leases count by the clock of Redis, ages by clocks that nobody sets: a wrong wall clock harms nobody. */
export const clockSkew: Scenario = {
  name: 'clock-skew',
  covers: ['F13'],
  title: "One node's wall clock is an hour ahead",
  async run(lab) {
    const us = lab.cluster.node('us');
    await us.child.stop();
    await us.start({ LD_PRELOAD: LIBFAKETIME, FAKETIME: '+1h', FAKETIME_DONT_FAKE_MONOTONIC: '1' });
    const date = new Date((await fetch(`${us.plan.url}/healthz`)).headers.get('date') ?? 0);
    const aheadMinutes = Math.round((date.getTime() - Date.now()) / 60_000);
    const call = await Call.open(lab, { name: 'talk', from: 'us', to: { eu: 2, us: 2, ap: 2 } });
    await call.beginWindow();
    await sleep(8_000);
    const statuses = await Promise.all(
      ['eu', 'ap'].map(async (region) => (await lab.api(region).call('GET', `/session/${call.track.remoteSessionId}/tracks`)).status),
    );
    const other = await Call.open(lab, { name: 'back', from: 'eu', to: { us: 1 } });
    const back = (await lab.api('us').call('GET', `/session/${other.track.remoteSessionId}/tracks`)).status;
    const rightMs = await timeUntil(() => isRegistryRight(lab), 2 * RIGHT_WITHIN_MS);
    return [
      exactly('its clock is ahead, in minutes', aheadMinutes, 60),
      ...lossless('longer than a lease', await call.report()),
      exactly('calls passed on to it, and by it, were answered', [...statuses, back].join(' '), '200 200 200'),
      atMost('until all nodes list what there is', rightMs, RIGHT_WITHIN_MS, ' ms'),
    ];
  },
};
