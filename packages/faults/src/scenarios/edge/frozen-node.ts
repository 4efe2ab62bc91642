import { setTimeout as sleep } from 'node:timers/promises';
import { UDP_PORT } from '../../edge/edge-node.ts';
import { NODE_ADDRESSES } from '../../room/namespace-room.ts';
import { atLeast } from '../finding.ts';
import type { EdgeScenario } from '../scenario.ts';
import { EdgeCall, movingAgain } from './edge-call.ts';

const MOVING_WITHIN_MS = 2_000;
/** More than the receive buffers of the publishers' sockets hold, sent while they are not read. */
const MEDIA = { publishers: 2, watchers: 4, videoPacketsPerSecond: 500 } as const;
/** More datagrams than the shared socket holds. */
const STORM = { datagrams: 15_000, withinMs: 2_500 } as const;
const FROZEN_MS = 3_000;

/** A process that gets no core for a while finds its receive buffers full of old packets, and continues with new ones. */
export const frozenNode: EdgeScenario = {
  place: 'edge',
  name: 'full-buffers',
  covers: ['E3'],
  title: 'A node that stands still for three seconds while media and forged datagrams fill its receive buffers',
  async run(lab) {
    const { child } = await lab.startNode();
    const call = await EdgeCall.open(lab, MEDIA);
    child.signal('SIGSTOP');
    const storm = { target: NODE_ADDRESSES.ipv4, targetPort: UDP_PORT, seed: lab.seed, victims: [], ...STORM };
    await Promise.all([lab.inside('clients').ask('storm', storm), sleep(FROZEN_MS)]);
    child.signal('SIGCONT');
    const recovery = await movingAgain(call, MOVING_WITHIN_MS);
    const lost = (await lab.room.udpCounters('node')).get('RcvbufErrors') ?? 0;
    return [atLeast('datagrams lost because a receive buffer was full', lost, 1), ...recovery, ...(await lab.verdict())];
  },
};
