import { setTimeout as sleep } from 'node:timers/promises';
import { AskedChild } from '@causeway/lab';
import type { RemoteTrack } from '@causeway/loadtest';
import type { AudienceVerbs } from '../clients/audience-verbs.ts';
import { atLeast, atMost, exactly } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import type { Scenario } from './scenario.ts';

const RATE_BPS = 600_000;
const ADAPTED_WITHIN_MS = 15_000;
const WINDOW_MS = 1_000;

/** A link that cannot carry what is wanted loses some of it. That makes it a bad route when there is another. */
export const narrowLink: Scenario = {
  name: 'narrow-link',
  covers: ['F12'],
  title: 'A link between regions that is too narrow for what is wanted is bypassed',
  needs: { settledLinks: true },
  async run(lab) {
    const track = await lab.sources.ask('publishSimulcast', { group: 'stage', address: lab.address('eu') });
    await lab.sources.ask('start', 'stage');
    const watch = { group: 'hall', address: lab.address('us'), track, count: 2 };
    await lab.watchers.ask('watch', watch);
    await timeUntil(async () => (await lab.watchers.ask('figures', 'hall')).every(({ firstFrameMs }) => firstFrameMs !== null), 10_000);
    await lab.cluster.network.ask('impairLinks', { between: ['eu', 'us'], impairment: { rateBps: RATE_BPS } });
    await lab.cluster.network.ask('takeTally');
    const lossNow = async (): Promise<number> => {
      await sleep(WINDOW_MS);
      const count = (await lab.cluster.network.ask('takeTally'))['eu>us'];
      return count === undefined ? 1 : count.lost / Math.max(1, count.datagrams);
    };
    await lab.watchers.ask('beginWindow', 'hall');
    const adaptedMs = await timeUntil(async () => (await lossNow()) < 0.02, 2 * ADAPTED_WITHIN_MS, 0);
    const worstMs = await longestGap();
    await lab.watchers.ask('beginWindow', 'hall');
    await sleep(5 * WINDOW_MS);
    return [
      atMost('until the link no longer loses what it cannot carry', adaptedMs, ADAPTED_WITHIN_MS, ' ms'),
      atMost('longest gap for viewers, until then', worstMs, 1_500, ' ms'),
      atMost('longest gap for viewers, afterwards', await longestGap(), 1_000, ' ms'),
      exactly('the links still stand', await linkState(), 'yes'),
    ];
    async function longestGap(): Promise<number> {
      return Math.max(...(await lab.watchers.ask('figures', 'hall')).map((figures) => Math.max(figures.silentMs, figures.longestGapMs)));
    }
    async function linkState(): Promise<string> {
      return (await lab.api('us').call('GET', `/session/${track.remoteSessionId}/tracks`)).status === 200 ? 'yes' : 'no';
    }
  },
};

const CAMERAS = 3;
const SOUND = { kind: 'audio', packetsPerSecond: 50, packetBytes: 120 } as const;
/** Half of the best layers of three cameras and sound, which amount to 3.4 Mbit/s. */
const HALF_BPS = 1_700_000;
const LAYER_WITHIN_MS = 3_000;
const RESTORED_WITHIN_MS = 10_000;
/** This share of the packets of the best layer counts as all of them. */
const RESTORED = 0.9;
const WHOLE_NARROW_MS = 20_000;
const SHORT_NARROW_MS = 8_000;

/** Where there is no other route, a link carries what fits: sound, and one layer of every track. */
export const narrowLinkAlone: Scenario = {
  name: 'narrow-link-alone',
  covers: ['F12', 'Show: a relay link at half of what is wanted, no way round'],
  title: 'A link between regions that carries half of what is wanted, with no other route, carries sound and a lower layer of each track',
  async run(lab, thoroughness) {
    for (const other of ['eu', 'us'] as const) {
      await lab.cluster.network.ask('impairLinks', { between: [other, 'ap'], impairment: { isCut: true } });
    }
    const sound = new AskedChild<AudienceVerbs>({ name: 'sound', program: new URL('../clients/audience-main.ts', import.meta.url) });
    try {
      return await narrowAndWiden(lab, sound, thoroughness === 'whole' ? WHOLE_NARROW_MS : SHORT_NARROW_MS);
    } finally {
      await sound.child.kill();
    }
  },
};

async function narrowAndWiden(lab: Lab, sound: AskedChild<AudienceVerbs>, narrowMs: number) {
  const tracks: RemoteTrack[] = [];
  for (let camera = 0; camera < CAMERAS; camera++) {
    const track = await lab.sources.ask('publishSimulcast', { group: 'stage', address: lab.address('eu') });
    await lab.watchers.ask('watch', { group: groupOf(camera), address: lab.address('us'), track, count: 2 });
    tracks.push(track);
  }
  const microphone = await sound.ask('publish', { address: lab.address('eu'), options: SOUND });
  await lab.sources.ask('start', 'stage');
  await sound.ask('start');
  await sound.ask('watch', { address: lab.address('us'), tracks: [microphone], count: 2 });
  const carriedBps = await settledBps(lab);
  const bestPackets = await packetsShown(lab);
  lab.note(`${Math.round(carriedBps / 1000)} kbit/s cross, and the slowest track shows ${bestPackets} packets a second`);

  await sound.ask('beginWindow');
  await limitLink(lab, HALF_BPS);
  await beginWindows(lab);
  await sleep(LAYER_WITHIN_MS);
  const gapsAtFirst = await longestGapMs(lab);
  const silent = await silentTracks(lab);
  await beginWindows(lab);
  await sleep(narrowMs);
  const gapsAfterwards = await longestGapMs(lab);
  const narrowBps = await carriedNow(lab);
  await limitLink(lab, Number.POSITIVE_INFINITY);
  const restoredMs = await timeUntil(async () => (await packetsShown(lab)) >= RESTORED * bestPackets, 3 * RESTORED_WITHIN_MS, 0);
  const { lost, expected } = await soundLost(sound);
  const standing = await lab.api('us').call('GET', `/session/${tracks[0]?.remoteSessionId}/tracks`);
  return [
    atLeast('wanted of the link, of what it then carries', carriedBps / HALF_BPS, 1.8),
    exactly(`tracks without a layer ${LAYER_WITHIN_MS / 1000} s after it has narrowed`, silent, 0),
    atMost('longest gap for viewers, until then', gapsAtFirst, LAYER_WITHIN_MS, ' ms'),
    atMost('longest gap for viewers, afterwards', gapsAfterwards, 1_500, ' ms'),
    atLeast('share of the link that is used', narrowBps / HALF_BPS, 0.3),
    atMost(`sound lost (${lost} of ${expected})`, (100 * lost) / expected, 1, '%'),
    atMost('until everybody sees the best layer again, when the link is wide', restoredMs, RESTORED_WITHIN_MS, ' ms'),
    exactly('the links still stand', standing.status === 200 ? 'yes' : 'no', 'yes'),
  ];
}

function groupOf(camera: number): string {
  return `hall ${camera}`;
}

async function limitLink(lab: Lab, rateBps: number): Promise<void> {
  await lab.cluster.network.ask('impairLinks', { between: ['eu', 'us'], impairment: { rateBps } });
}

/** Waits until every viewer sees the best layer, no other layer crosses, and as much crosses as in the second before. @returns that rate */
async function settledBps(lab: Lab): Promise<number> {
  await lab.cluster.network.ask('takeTally');
  let beforeBps = 0;
  const settledMs = await timeUntil(
    async () => {
      const nowBps = await carriedNow(lab);
      lab.note(`${Math.round(nowBps / 1000)} kbit/s`);
      const isBest = nowBps > 1.8 * HALF_BPS && nowBps < 2.2 * HALF_BPS;
      const isSettled = isBest && Math.abs(nowBps - beforeBps) < 0.1 * nowBps;
      beforeBps = nowBps;
      return isSettled;
    },
    30_000,
    0,
  );
  if (!Number.isFinite(settledMs)) throw new Error(`Only ${Math.round(beforeBps / 1000)} kbit/s cross the link`);
  return beforeBps;
}

/**
 * Returns how many packets viewers of the slowest track received within a second. Packets of a lower layer do not count, because their
 * numbers lag behind.
 */
async function packetsShown(lab: Lab): Promise<number> {
  await beginWindows(lab);
  await sleep(WINDOW_MS);
  let fewest = Number.POSITIVE_INFINITY;
  for (let camera = 0; camera < CAMERAS; camera++) {
    for (const { received } of await lab.watchers.ask('figures', groupOf(camera))) fewest = Math.min(fewest, received);
  }
  return fewest;
}

/** Measures what the link carries over a second. */
async function carriedNow(lab: Lab): Promise<number> {
  await lab.cluster.network.ask('takeTally');
  await sleep(WINDOW_MS);
  const count = (await lab.cluster.network.ask('takeTally'))['eu>us'];
  return (8 * (count?.bytes ?? 0) * 1000) / WINDOW_MS;
}

async function beginWindows(lab: Lab): Promise<void> {
  for (let camera = 0; camera < CAMERAS; camera++) await lab.watchers.ask('beginWindow', groupOf(camera));
}

async function longestGapMs(lab: Lab): Promise<number> {
  let longestMs = 0;
  for (let camera = 0; camera < CAMERAS; camera++) {
    for (const { longestGapMs: gapMs, silentMs } of await lab.watchers.ask('figures', groupOf(camera))) {
      longestMs = Math.max(longestMs, gapMs, silentMs);
    }
  }
  return longestMs;
}

/** Returns for how many tracks nothing arrives at present. */
async function silentTracks(lab: Lab): Promise<number> {
  let silent = 0;
  for (let camera = 0; camera < CAMERAS; camera++) {
    const figures = await lab.watchers.ask('figures', groupOf(camera));
    if (figures.some(({ silentMs }) => silentMs > 500)) silent++;
  }
  return silent;
}

async function soundLost(sound: AskedChild<AudienceVerbs>): Promise<{ readonly lost: number; readonly expected: number }> {
  const sent = Object.values(await sound.ask('sent'))[0] ?? 0;
  let [lost, expected] = [0, 0];
  for (const { streams } of await sound.ask('figures')) {
    for (const { windowFrom, received } of streams) {
      expected += sent - windowFrom;
      // The last packets may still be on their way.
      lost += Math.max(0, sent - windowFrom - received - SOUND.packetsPerSecond / 10);
    }
  }
  return { lost, expected };
}
