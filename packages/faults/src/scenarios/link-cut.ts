import { setTimeout as sleep } from 'node:timers/promises';
import { Call } from './call.ts';
import { atMost, exactly, type Finding } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import { lossless } from './lossless.ts';
import type { Scenario } from './scenario.ts';

const RECOVERED_WITHIN_MS = 1_500;
const AROUND_WITHIN_MS = 3_000;
const FLOWING_MS = 250;

/** The line between two regions is cut: for a moment, and for long enough to go round it. */
export const linkCut: Scenario = {
  name: 'link-cut',
  covers: ['F10'],
  title: 'The link between two regions is cut for 5 s, then for longer',
  async run(lab, thoroughness) {
    const call = await Call.open(lab, { name: 'talk', from: 'eu', to: { us: 3 } });
    const bystander = await Call.open(lab, { name: 'bystander', from: 'eu', to: { ap: 3 } });
    await bystander.beginWindow();
    const brief = await cut(lab, call, 5_000);
    const long = await cutForLong(lab, call, thoroughness === 'whole' ? 60_000 : 12_000);
    return [...brief, ...long, ...lossless('over the link that was not cut', await bystander.report())];
  },
};

async function cut(lab: Lab, call: Call, durationMs: number): Promise<Finding[]> {
  const between = ['eu', 'us'] as const;
  await lab.cluster.network.ask('impairLinks', { between, impairment: { isCut: true } });
  await sleep(durationMs);
  await lab.cluster.network.ask('impairLinks', { between, impairment: { isCut: false } });
  const recoveredMs = await timeUntilFlowing(call, 10_000);
  return [
    atMost('cut for 5 s: until packets flow again', recoveredMs, RECOVERED_WITHIN_MS, ' ms'),
    exactly('cut for 5 s: packets that arrived twice', await duplicates(call), 0),
  ];
}

async function cutForLong(lab: Lab, call: Call, durationMs: number): Promise<Finding[]> {
  const between = ['eu', 'us'] as const;
  await call.beginWindow();
  await lab.cluster.network.ask('impairLinks', { between, impairment: { isCut: true } });
  await sleep(FLOWING_MS);
  const aroundMs = FLOWING_MS + (await timeUntilFlowing(call, durationMs));
  const path = await lab.api('us').call('GET', `/session/${call.track.remoteSessionId}/track/${call.track.remoteTrackId}/path`);
  await lab.cluster.network.ask('takeTally');
  await sleep(Math.max(1_000, durationMs - aroundMs));
  const detour = (await lab.cluster.network.ask('takeTally'))['ap>us']?.streams.length ?? 0;
  await lab.cluster.network.ask('impairLinks', { between, impairment: { isCut: false } });
  await sleep(2_000);
  await timeUntilFlowing(call, 10_000);
  return [
    atMost('cut for long: until packets flow through the third region', aroundMs, AROUND_WITHIN_MS, ' ms'),
    exactly('cut for long: streams on ap>us meanwhile', detour, 1),
    exactly(
      `GET path meanwhile says that it goes through ap (${JSON.stringify(path.body)})`,
      path.status === 200 && JSON.stringify(path.body).includes('103') ? 'yes' : 'no',
      'yes',
    ),
    exactly('cut for long: packets that arrived twice', await duplicates(call), 0),
  ];
}

async function timeUntilFlowing(call: Call, deadlineMs: number): Promise<number> {
  const isFlowing = async (): Promise<boolean> => (await call.figures('us')).every(({ silentMs }) => silentMs < FLOWING_MS);
  return timeUntil(isFlowing, deadlineMs, 50);
}

async function duplicates(call: Call): Promise<number> {
  return (await call.figures('us')).reduce((sum, figures) => sum + figures.duplicates, 0);
}
