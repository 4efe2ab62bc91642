/** A process with load clients, separate from the SFUs so that its cost is not in their figures. */
import { answerQuestions } from '@causeway/lab';
import { createLoadApi, LoadGroup, repeatConcurrently } from '@causeway/loadtest';
import { createSecureSuite } from '@causeway/secure';
import { shardNoOf } from '@causeway/sfu';
import { openBatchedSocket } from '../data/batched-socket.ts';
import { DataGroup } from '../data/data-group.ts';

import type { LoadVerbs } from './load-verbs.ts';
import { Sinks } from './sinks.ts';

const suite = await createSecureSuite();
const groups = new Map<string, LoadGroup>();
const dataGroups = new Map<string, DataGroup>();
const sinks = new Sinks();

// The process must stay alive for further calls, although the probe unreferenced the channel.
process.channel?.ref();
answerQuestions<LoadVerbs>(process, {
  open({ sfu, address }) {
    const api = createLoadApi(address);
    groups.set(sfu, new LoadGroup({ api, suite }));
    dataGroups.set(sfu, new DataGroup({ api, suite, openSocket: openBatchedSocket }));
  },
  publish: ({ sfu, options }) => groupOf(sfu).publish(options),
  async join({ sfu, tracks, count, atOnce, diligence }) {
    const connectedInMs: number[] = [];
    await repeatConcurrently(count, atOnce, async () => {
      connectedInMs.push((await groupOf(sfu).join(tracks, diligence)).connectedInMs);
    });
    return connectedInMs;
  },
  publishOn: ({ sfu, options, shardNo }) => groupOf(sfu).publishWhere((ufrag) => shardNoOf(ufrag) === shardNo, options),
  async joinOn({ sfu, tracks, count, diligence, shardNo }) {
    for (let joined = 0; joined < count; joined++) {
      await groupOf(sfu).joinWhere((ufrag) => shardNoOf(ufrag) === shardNo, tracks, diligence);
    }
  },
  subscribeNext: ({ sfu, track, count }) => groupOf(sfu).subscribeNext(track, count),
  start: (sfu) => groupOf(sfu).start(),
  pause: (sfu) => groupOf(sfu).pause(),
  totals: (sfu) => groupOf(sfu).totals(),
  takeLatenciesMs: (sfu) => groupOf(sfu).takeLatenciesMs(),
  publishData: (sfu) => dataOf(sfu).publish(),
  joinData: ({ sfu, remoteSessionId, count, conditions }) => dataOf(sfu).join(remoteSessionId, count, conditions),
  startData: ({ sfu, ...plan }) => dataOf(sfu).start(plan),
  pauseData: (sfu) => dataOf(sfu).pause(),
  takeDataTotals: (sfu) => dataOf(sfu).takeTotals(),
  leaveData: (sfu) => dataOf(sfu).leave(),
  openSinks: (count) => sinks.open(count),
  receivedBySinks: () => sinks.received,
  leave: (sfu) => groupOf(sfu).leave(),
});

function dataOf(sfu: string): DataGroup {
  const group = dataGroups.get(sfu);
  if (group === undefined) throw new Error(`No SFU was opened under the name ${sfu}`);
  return group;
}

function groupOf(sfu: string): LoadGroup {
  const group = groups.get(sfu);
  if (group === undefined) throw new Error(`No SFU was opened under the name ${sfu}`);
  return group;
}
