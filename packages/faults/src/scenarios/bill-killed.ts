import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@causeway/testkit';
import { UNTOLD_AT_MOST_SECONDS, unbilledBytes } from './bill.ts';
import { Call } from './call.ts';
import { atLeast, atMost, exactly, type Finding } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import type { Scenario } from './scenario.ts';

const LOAD = { packetsPerSecond: 60, packetBytes: 700 } as const;
const WATCHERS = 3;
const BYTES_PER_SECOND = WATCHERS * LOAD.packetsPerSecond * LOAD.packetBytes;
/** Datagrams that were on their way when the node died have arrived after this time. */
const ARRIVED_AFTER_MS = 300;
const COUNTED_WITHIN_MS = 15_000;
/** The content of a journal is counted batch by batch. */
const COUNTED_TOGETHER_MS = 1_000;

/** What a node has not reported dies with it. It is never billed, and it is never much. */
export const billKilled: Scenario = {
  name: 'bill-killed',
  covers: ['F2'],
  title: 'kill -9 of a node under load, again and again: what is billed',
  async run(lab, thoroughness) {
    const rounds = thoroughness === 'whole' ? 20 : 2;
    const random = seededRandom(2);
    const call = await openCall(lab);
    const untold: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const before = await unbilledBytes(lab);
      await call.join('us', WATCHERS);
      await sleep(1_000 + 6_000 * random());
      await killWatched(lab, call);
      untold.push(((await unbilledBytes(lab)) - before) / BYTES_PER_SECOND);
      lab.note(`round ${round}: ${untold.at(-1)?.toFixed(2)} s of media were not billed`);
      await lab.cluster.node('us').start();
    }
    return [
      ...untoldFindings(`in ${rounds} deaths`, untold),
      exactly('bytes not billed when the node is told to end', await unbilledByStop(lab, call), 0),
    ];
  },
};

/** With a journal on disk, the next life of a node reports what the previous one could not. */
export const billJournal: Scenario = {
  name: 'bill-journal',
  covers: ['F3'],
  title: 'kill -9 of a node whose Redis was away, with its journal of usage on disk: what is billed',
  async run(lab, thoroughness) {
    const rounds = thoroughness === 'whole' ? 5 : 1;
    const awayMs = thoroughness === 'whole' ? 15_000 : 12_000;
    const folder = await mkdtemp(join(tmpdir(), 'causeway-usage-'));
    try {
      const us = lab.cluster.node('us');
      await us.child.stop();
      await us.start({ CAUSEWAY_USAGE_FOLDER: folder });
      const call = await openCall(lab);
      const untold: number[] = [];
      const waiting: number[] = [];
      for (let round = 1; round <= rounds; round++) {
        const before = await unbilledBytes(lab);
        await call.join('us', WATCHERS);
        lab.redis.child.signal('SIGSTOP');
        await sleep(awayMs);
        await killWatched(lab, call);
        lab.redis.child.signal('SIGCONT');
        waiting.push(((await unbilledBytes(lab)) - before) / BYTES_PER_SECOND);
        await us.start({ CAUSEWAY_USAGE_FOLDER: folder });
        const isCounted = async () => (await unbilledBytes(lab)) - before <= UNTOLD_AT_MOST_SECONDS * BYTES_PER_SECOND;
        await timeUntil(isCounted, COUNTED_WITHIN_MS);
        await sleep(COUNTED_TOGETHER_MS);
        untold.push(((await unbilledBytes(lab)) - before) / BYTES_PER_SECOND);
        lab.note(
          `round ${round}: ${waiting.at(-1)?.toFixed(2)} s of media waited in the journal, ${untold.at(-1)?.toFixed(2)} s were not billed`,
        );
      }
      return [
        atLeast(
          `received and not billed before it runs again, in ${rounds} deaths: the least`,
          Math.min(...waiting),
          awayMs / 1_000 - 1,
          ' s of media',
        ),
        ...untoldFindings('once it has read its journal', untold),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Publishes from a region without viewers, so that everything is billed by the node that will be killed. */
function openCall(lab: Lab): Promise<Call> {
  return Call.open(lab, { name: 'talk', from: 'eu', to: {}, ...LOAD });
}

async function killWatched(lab: Lab, call: Call): Promise<void> {
  await lab.cluster.node('us').child.kill();
  await sleep(ARRIVED_AFTER_MS);
  await call.vanish('us');
}

function untoldFindings(when: string, untold: readonly number[]): Finding[] {
  return [
    atLeast(`received and not billed ${when}: the least`, Math.min(...untold), 0, ' s of media'),
    atMost(`received and not billed ${when}: the most`, Math.max(...untold), UNTOLD_AT_MOST_SECONDS, ' s of media'),
  ];
}

async function unbilledByStop(lab: Lab, call: Call): Promise<number> {
  const before = await unbilledBytes(lab);
  await call.join('us', WATCHERS);
  await sleep(2_000);
  await lab.cluster.node('us').child.stop();
  await sleep(ARRIVED_AFTER_MS);
  return (await unbilledBytes(lab)) - before;
}
