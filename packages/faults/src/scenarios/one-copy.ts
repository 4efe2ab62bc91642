import { setTimeout as sleep } from 'node:timers/promises';
import type { WireCount } from '../network/wire-tally.ts';
import { Call } from './call.ts';
import { atMost, exactly, type Finding } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import type { Scenario, Thoroughness } from './scenario.ts';

const WINDOW_MS = 4_000;
const STOP_WITHIN_MS = 5_000;
/** The sampling interval, in which a stream would have many packets. */
const SILENCE_MS = 400;

/** However many viewers a region has, a track crosses to it once. */
export const oneCopy: Scenario = {
  name: 'one-copy',
  covers: ['Show: one copy on each link, counted on the wire'],
  title: 'One publisher and twenty viewers in each other region: one copy on each link',
  needs: { settledLinks: true },
  async run(lab, thoroughness) {
    const watchers = thoroughness === 'whole' ? 20 : 6;
    const call = await Call.open(lab, { name: 'talk', from: 'eu', to: { us: watchers, ap: watchers } });
    const first = await countWire(lab, call, `${watchers} watch in us and in ap`);
    await call.join('us', 1);
    const second = await countWire(lab, call, `${watchers + 1} watch in us`);
    await call.leave('us');
    const stoppedMs = await timeUntilSilent(lab, 'eu>us');
    return [
      ...first,
      ...second,
      atMost('from the last one leaving us to silence on eu>us', stoppedMs, STOP_WITHIN_MS, ' ms'),
      ...(await layers(lab, thoroughness)),
    ];
  },
};

/** Counts what is on the links while a call runs, and what the watchers receive. */
async function countWire(lab: Lab, call: Call, when: string): Promise<Finding[]> {
  await call.beginWindow();
  const sentBefore = await lab.sources.ask('sent', 'talk');
  await lab.cluster.network.ask('takeTally');
  await sleep(WINDOW_MS);
  const reports = await call.report();
  const sent = (await lab.sources.ask('sent', 'talk')) - sentBefore;
  const tally = await lab.cluster.network.ask('takeTally');
  const media = Object.entries(tally).map(([link, count]) => [link, mediaPackets(count)] as const);
  const outgoing = media.filter(([link]) => link === 'eu>us' || link === 'eu>ap');
  const others = media.filter(([link]) => link !== 'eu>us' && link !== 'eu>ap').reduce((sum, [, packets]) => sum + packets, 0);
  return [
    ...outgoing.flatMap(([link, packets]) => [
      exactly(`${when}: streams on ${link}`, streams(tally[link]), 1),
      copies(`${when}: copies on ${link}`, packets, sent),
    ]),
    exactly(`${when}: RTP packets on all other links`, others, 0),
    ...Object.entries(reports).flatMap(([region, report]) => [
      exactly(`${when}: packets lost by ${report.watchers} in ${region}, of ${report.expected}`, report.lost, 0),
      exactly(`${when}: corrupted or duplicate packets in ${region}`, report.corrupted + report.duplicates, 0),
    ]),
  ];
}

function copies(what: string, packets: number, sent: number): Finding {
  const ratio = packets / sent;
  return {
    what: `${what} (${packets} RTP packets for ${sent} sent)`,
    seen: ratio.toFixed(3),
    wanted: '1.000 ± 0.02',
    isMet: Math.abs(ratio - 1) <= 0.02,
  };
}

function mediaPackets(count: WireCount): number {
  return count.streams.reduce((sum, { packets }) => sum + packets, 0);
}

/** Returns the number of streams with more than a stray packet. RTX and probes have few. */
function streams(count: WireCount | undefined): number {
  const most = count?.streams[0]?.packets ?? 0;
  return count?.streams.filter(({ packets }) => packets > most / 10).length ?? 0;
}

/** @returns how long it takes from now until the last RTP packet on a link */
async function timeUntilSilent(lab: Lab, link: string): Promise<number> {
  await lab.cluster.network.ask('takeTally');
  const isSilent = async (): Promise<boolean> => {
    await sleep(SILENCE_MS);
    const count = (await lab.cluster.network.ask('takeTally'))[link];
    return count === undefined || mediaPackets(count) === 0;
  };
  return (await timeUntil(isSilent, 2 * STOP_WITHIN_MS, 0)) - SILENCE_MS;
}

/** Checks that only those layers of a simulcast track cross that subscribers want. */
async function layers(lab: Lab, thoroughness: Thoroughness): Promise<Finding[]> {
  const count = thoroughness === 'whole' ? 5 : 2;
  const track = await lab.sources.ask('publishSimulcast', { group: 'stage', address: lab.address('eu') });
  await lab.sources.ask('start', 'stage');
  const watch = async (quality: string): Promise<void> => {
    await lab.watchers.ask('watch', { group: `stage-${quality}`, address: lab.address('us'), track, count, quality });
    await timeUntil(async () => (await lab.watchers.ask('figures', `stage-${quality}`)).every(({ received }) => received > 0), 10_000);
    await sleep(WINDOW_MS);
    await lab.cluster.network.ask('takeTally');
    await sleep(WINDOW_MS);
  };
  await watch('f');
  const one = streams((await lab.cluster.network.ask('takeTally'))['eu>us']);
  await watch('q');
  const tally = (await lab.cluster.network.ask('takeTally'))['eu>us'];
  const two = tally?.streams.filter(({ packets }) => packets > WINDOW_MS / 1000).length ?? 0;
  await lab.sources.ask('leave', 'stage');
  return [
    exactly(`simulcast: layers on eu>us when ${count} in us want the best`, one, 1),
    exactly(`simulcast: layers on eu>us when ${count} more want the lowest`, two, 2),
  ];
}
