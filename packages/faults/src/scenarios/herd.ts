import { AskedChild } from '@causeway/lab';
import { quantile, type RemoteTrack } from '@causeway/loadtest';
import type { ClientVerbs } from '../clients/client-verbs.ts';
import { Call } from './call.ts';
import { atMost } from './finding.ts';
import type { Lab } from './lab.ts';
import { lossless } from './lossless.ts';
import type { Scenario } from './scenario.ts';

const WITHIN_MS = 5_000;
const JOINED_WITHIN_MS = 20_000;

/** A region is gone, and all of its clients come to the others. */
export const herd: Scenario = {
  name: 'herd',
  covers: ['F22'],
  title: 'All clients of a lost region join the others at once',
  async run(lab, thoroughness) {
    const count = thoroughness === 'whole' ? 2_000 : 150;
    const call = await Call.open(lab, { name: 'talk', from: 'eu', to: { eu: 3, ap: 3 }, packetsPerSecond: 30, packetBytes: 300 });
    const quiet = await lab.sources.ask('publish', {
      group: 'quiet',
      address: lab.address('ap'),
      options: { packetsPerSecond: 1, packetBytes: 200 },
    });
    await lab.cluster.node('us').child.kill();
    await call.beginWindow();
    const tooksMs = await joinAll(lab, quiet, count);
    return [
      atMost(`95% of ${count} who came within 5 s had joined after`, quantile(tooksMs, 0.95), JOINED_WITHIN_MS, ' ms'),
      ...lossless('for those who were there', await call.report()),
    ];
  },
};

/**
 * Joins clients from a process of their own, so that their handshakes do not delay the clients that measure. @returns how long each took
 */
async function joinAll(lab: Lab, track: RemoteTrack, count: number): Promise<readonly number[]> {
  const crowd = new AskedChild<ClientVerbs>({ name: 'crowd', program: new URL('../clients/client-main.ts', import.meta.url) });
  try {
    const addresses = [lab.address('eu'), lab.address('ap')];
    return await crowd.ask('herd', { group: 'herd', addresses, track, count, withinMs: WITHIN_MS, deadlineMs: 3 * JOINED_WITHIN_MS });
  } finally {
    await crowd.child.kill();
  }
}
