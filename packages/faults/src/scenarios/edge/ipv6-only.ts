import { setTimeout as sleep } from 'node:timers/promises';
import type { EdgeScenario } from '../scenario.ts';
import { EdgeCall, losslessCall, movingAgain } from './edge-call.ts';

const WATCHED_MS = 3_000;
const DOWN_MS = 2_000;
const MOVING_WITHIN_MS = 2_000;

/** A node that has only an IPv6 address works like any other. */
export const ipv6Only: EdgeScenario = {
  place: 'edge',
  name: 'ipv6-only',
  covers: ['E8'],
  title: 'A node and clients that have no IPv4, on two threads, and an interface that goes down',
  async run(lab) {
    await lab.startNode({ family: 'ipv6', workers: 2 });
    const call = await EdgeCall.open(lab, { publishers: 2, watchers: 4 });
    await call.beginWindow();
    await sleep(WATCHED_MS);
    const lossless = await losslessCall('over IPv6', call);
    await lab.room.setLink('down');
    await sleep(DOWN_MS);
    await lab.room.setLink('up');
    return [...lossless, ...(await movingAgain(call, MOVING_WITHIN_MS)), ...(await lab.verdict())];
  },
};
