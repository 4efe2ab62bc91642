import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@causeway/testkit';
import { unbilledBytes } from './bill.ts';
import { exactly, type Finding } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import type { Scenario } from './scenario.ts';

const TALK = { everyMs: 20, messageBytes: 1_500 } as const;
const LISTENERS = 2;
const DELIVERING_REGIONS = ['us', 'ap'] as const;
const ARRIVED_WITHIN_MS = 10_000;
/** A node writes what it has delivered to its journal every five seconds. */
const WRITTEN_WITHIN_MS = 6_000;
const COUNTED_WITHIN_MS = 20_000;

/** A way to kill a node in the middle of a talk, which decides what is left to be billed. */
type Death = 'the node that publishes, while it does' | 'a node that has delivered, while Redis is away';

/** Data is billed by the message, so the bill can be compared with what was delivered byte for byte. */
export const billData: Scenario = {
  name: 'bill-data',
  covers: ['Show: the bill equals delivered bytes exactly in 20 runs with kill -9'],
  title: 'kill -9 of the node that publishes a data channel, and of one that has delivered it: what is billed',
  async run(lab, thoroughness) {
    const rounds = thoroughness === 'whole' ? 20 : 2;
    const random = seededRandom(3);
    const folder = await mkdtemp(join(tmpdir(), 'causeway-usage-'));
    const findings: Finding[] = [];
    const totals = { messages: 0, bytes: 0 };
    try {
      await lab.cluster.node('us').child.stop();
      await lab.cluster.node('us').start({ CAUSEWAY_USAGE_FOLDER: folder });
      for (let round = 1; round <= rounds; round++) {
        const death: Death = round % 2 === 1 ? 'the node that publishes, while it does' : 'a node that has delivered, while Redis is away';
        const talkMs = 1_000 + 3_000 * random();
        const before = await receivedBytes(lab);
        if (round % 2 === 1) await killPublisher(lab, talkMs);
        else await killDeliverer(lab, talkMs, folder);
        const unbilled = await billedAtLast(lab);
        const bytes = (await receivedBytes(lab)) - before;
        totals.bytes += bytes;
        totals.messages += bytes / TALK.messageBytes;
        lab.note(`round ${round}, ${death}: ${bytes} bytes delivered, ${unbilled} of them not billed`);
        findings.push(exactly(`round ${round}, ${death}: bytes delivered and not billed`, unbilled, 0));
      }
      const isWhole = totals.messages > 0 && Number.isInteger(totals.messages);
      return [...findings, exactly(`whole messages delivered (${totals.messages}, ${totals.bytes} bytes)`, isWhole ? 'yes' : 'no', 'yes')];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Kills the node that publishes. What has been delivered elsewhere by then is billed there. */
async function killPublisher(lab: Lab, talkMs: number): Promise<void> {
  await openTalk(lab);
  await sleep(talkMs);
  await lab.cluster.node('eu').child.kill();
  await lab.sources.ask('stopTalking', 'eu');
  // The other nodes deliver what they have received, and then report it.
  await sleep(WRITTEN_WITHIN_MS);
  await endTalk(lab);
  await lab.cluster.node('eu').start();
}

/** Kills a node that has delivered. Nothing is counted before it dies, so its next life reads the whole bill in its journal. */
async function killDeliverer(lab: Lab, talkMs: number, folder: string): Promise<void> {
  await openTalk(lab);
  lab.redis.child.signal('SIGSTOP');
  await sleep(talkMs);
  const last = await lab.sources.ask('stopTalking', 'eu');
  const arrivedMs = await timeUntil(
    async () => (await lab.watchers.ask('heard', 'us')).every((each) => each.last === last),
    ARRIVED_WITHIN_MS,
  );
  if (arrivedMs > ARRIVED_WITHIN_MS)
    throw new Error(`Not everything has arrived in us: ${JSON.stringify(await lab.watchers.ask('heard', 'us'))}`);
  await sleep(WRITTEN_WITHIN_MS);
  await lab.cluster.node('us').child.kill();
  lab.redis.child.signal('SIGCONT');
  await endTalk(lab);
  await lab.cluster.node('us').start({ CAUSEWAY_USAGE_FOLDER: folder });
}

async function openTalk(lab: Lab): Promise<void> {
  const remoteSessionId = await lab.sources.ask('talk', { group: 'eu', address: lab.address('eu') });
  for (const region of DELIVERING_REGIONS) {
    await lab.watchers.ask('hear', { group: region, address: lab.address(region), remoteSessionId, count: LISTENERS });
  }
  await lab.sources.ask('keepTalking', { group: 'eu', ...TALK });
  const heardMs = await timeUntil(async () => {
    const heard = await Promise.all(DELIVERING_REGIONS.map((region) => lab.watchers.ask('heard', region)));
    return heard.flat().every(({ received }) => received > 0);
  }, ARRIVED_WITHIN_MS);
  if (heardMs > ARRIVED_WITHIN_MS) throw new Error('Not every subscriber hears something');
}

async function endTalk(lab: Lab): Promise<void> {
  for (const region of DELIVERING_REGIONS) await lab.watchers.ask('vanish', region);
  await lab.sources.ask('vanish', 'eu');
}

async function billedAtLast(lab: Lab): Promise<number> {
  await timeUntil(async () => (await unbilledBytes(lab)) === 0, COUNTED_WITHIN_MS, 250);
  return unbilledBytes(lab);
}

function receivedBytes(lab: Lab): Promise<number> {
  return lab.watchers.ask('receivedBytes');
}
