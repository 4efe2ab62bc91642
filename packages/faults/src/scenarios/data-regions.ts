import { setTimeout as sleep } from 'node:timers/promises';
import type { HearingFigures } from '../clients/client-verbs.ts';
import { atLeast, atMost, exactly, type Finding } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import type { Scenario } from './scenario.ts';

const TALK = { everyMs: 20, messageBytes: 1_500 } as const;
const WINDOW_MS = 5_000;
const ARRIVED_WITHIN_MS = 10_000;
/** Nodes wait for a route for ten seconds (docs/api.md §14) from when they know that the link is lost. */
const TOLD_WITHIN_MS = 15_000;
/** Covers serial numbers, SCTP, DTLS, pulses, acknowledgements and messages between nodes. */
const MAX_OVERHEAD = 1.4;
/** Traffic on a link without a copy, as a share of one copy. */
const MAX_IDLE = 0.2;

/** Data channels across regions, which are reliable, in order and cross each link once; and failures of regions and of Redis. */
export const dataRegions: Scenario = {
  name: 'data-regions',
  covers: ['Show: data channels 1 → 20 in each of three regions, one copy on each link, kill of a region, Redis stopped'],
  title: 'A data channel from eu to twenty in each region; then Redis stops, and then us dies',
  needs: { redis: 'durable', impairment: { delayMs: 20 }, settledLinks: true },
  async run(lab, thoroughness) {
    const listeners = thoroughness === 'whole' ? 20 : 5;
    const remoteSessionId = await lab.sources.ask('talk', { group: 'eu', address: lab.address('eu') });
    const fromUs = await lab.sources.ask('talk', { group: 'us', address: lab.address('us') });
    for (const region of ['eu', 'us', 'ap']) await hear(lab, region, region, remoteSessionId, listeners);
    await hear(lab, 'doomed', 'ap', fromUs, 1);
    await lab.sources.ask('keepTalking', { group: 'us', ...TALK });
    await lab.sources.ask('keepTalking', { group: 'eu', ...TALK });
    await allHear(lab, ['eu', 'us', 'ap', 'doomed']);
    await lab.sources.ask('stopTalking', 'us');

    const wire = await countWire(lab);
    const path = await lab.api('ap').call('GET', `/session/${remoteSessionId}/datachannels/talk/path`);
    const late = await withoutRedis(lab, remoteSessionId);

    await lab.cluster.node('us').child.kill();
    const toldMs = await timeUntil(
      async () => (await lab.watchers.ask('heard', 'doomed')).every(({ closed }) => closed > 0),
      2 * TOLD_WITHIN_MS,
    );
    await sleep(WINDOW_MS);
    const last = await lab.sources.ask('stopTalking', 'eu');
    const arrivedMs = await timeUntil(
      async () => (await heardIn(lab, ['eu', 'ap', 'late'])).every((each) => each.last === last),
      ARRIVED_WITHIN_MS,
    );
    return [
      ...wire,
      exactly('copies that the path of the channel tells of', hopsOf(path.body), 'eu>ap eu>us'),
      ...late,
      atMost('until everything said has arrived in eu and ap', arrivedMs, ARRIVED_WITHIN_MS, ' ms'),
      ...(await soundness(lab, ['eu', 'ap', 'late'], last)),
      atMost('until a subscriber of the dead region was told', toldMs, TOLD_WITHIN_MS, ' ms'),
    ];
  },
};

async function hear(lab: Lab, group: string, region: string, remoteSessionId: string, count: number): Promise<void> {
  await lab.watchers.ask('hear', { group, address: lab.address(region), remoteSessionId, count });
}

async function heardIn(lab: Lab, groups: readonly string[]): Promise<HearingFigures[]> {
  return (await Promise.all(groups.map((group) => lab.watchers.ask('heard', group)))).flat();
}

/** @throws Error – a subscriber receives nothing */
async function allHear(lab: Lab, groups: readonly string[]): Promise<void> {
  const tookMs = await timeUntil(async () => (await heardIn(lab, groups)).every(({ received }) => received > 0), ARRIVED_WITHIN_MS);
  if (tookMs > ARRIVED_WITHIN_MS) throw new Error(`Not every subscriber hears something: ${JSON.stringify(await heardIn(lab, groups))}`);
}

async function countWire(lab: Lab): Promise<Finding[]> {
  await lab.cluster.network.ask('takeTally');
  const sentBefore = await lab.sources.ask('stopTalking', 'eu');
  await lab.sources.ask('keepTalking', { group: 'eu', ...TALK });
  await sleep(WINDOW_MS);
  const tally = await lab.cluster.network.ask('takeTally');
  const sent = await lab.sources.ask('stopTalking', 'eu');
  await lab.sources.ask('keepTalking', { group: 'eu', ...TALK });
  const payloadBytes = (sent - sentBefore) * TALK.messageBytes;
  const copies = (link: string) => (tally[link]?.bytes ?? 0) / payloadBytes;
  return [
    ...['eu>us', 'eu>ap'].flatMap((link) => [
      atLeast(`bytes on ${link}, as a share of the payload`, copies(link), 0.95),
      atMost(`bytes on ${link}, as a share of the payload`, copies(link), MAX_OVERHEAD),
    ]),
    ...['us>ap', 'ap>us', 'us>eu', 'ap>eu'].map((link) => atMost(`bytes on ${link}, as a share of the payload`, copies(link), MAX_IDLE)),
  ];
}

/** Lets a client subscribe while Redis is away, and checks that the last message waits for it. */
async function withoutRedis(lab: Lab, remoteSessionId: string): Promise<Finding[]> {
  await lab.redis.child.kill();
  const last = await lab.sources.ask('stopTalking', 'eu');
  await timeUntil(async () => (await heardIn(lab, ['eu', 'us', 'ap'])).every((each) => each.last === last), ARRIVED_WITHIN_MS);
  await hear(lab, 'late', 'ap', remoteSessionId, 1);
  await allHear(lab, ['late']);
  await sleep(500);
  const [late] = await lab.watchers.ask('heard', 'late');
  await lab.sources.ask('keepTalking', { group: 'eu', ...TALK });
  await lab.redis.restart();
  return [
    exactly('what one who subscribes in ap while Redis is stopped gets first', late?.first ?? 'nothing', last),
    exactly('how many messages that is before the next one is sent', late?.received ?? 0, 1),
  ];
}

async function soundness(lab: Lab, groups: readonly string[], last: number): Promise<Finding[]> {
  const figures = await heardIn(lab, groups);
  const missing = figures.reduce((sum, { first, received }) => sum + (first === null ? last : last - first + 1 - received), 0);
  return [
    exactly(`messages missed by ${figures.length} subscribers, of ${last} each`, missing, 0),
    exactly(
      'messages twice, out of turn or changed',
      figures.reduce((sum, { wrong }) => sum + wrong, 0),
      0,
    ),
    exactly(
      'channels closed',
      figures.reduce((sum, { closed }) => sum + closed, 0),
      0,
    ),
  ];
}

function hopsOf(body: unknown): string {
  const { hops = [] } = (body ?? {}) as { readonly hops?: readonly { readonly fromRegion: string; readonly toRegion: string }[] };
  return hops
    .map(({ fromRegion, toRegion }) => `${fromRegion}>${toRegion}`)
    .sort()
    .join(' ');
}
