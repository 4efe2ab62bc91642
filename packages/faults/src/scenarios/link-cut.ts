import { setTimeout as sleep } from 'node:timers/promises';
import { Call } from './call.ts';
import { atMost, exactly, type Finding } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';
import { lossless } from './lossless.ts';
import type { Scenario } from './scenario.ts';

/** Nodes notice the silence after two seconds. */
const AROUND_WITHIN_MS = 3_000;
const SETTLED_WITHIN_MS = 90_000;
const BETWEEN = ['eu', 'us'] as const;

/** The line between two regions is cut, first for a moment and then for long enough that media takes another route. */
export const linkCut: Scenario = {
  name: 'link-cut',
  covers: ['F10'],
  title: 'The link between two regions is cut, briefly and for long',
  needs: { settledLinks: true },
  async run(lab, thoroughness) {
    const call = await Call.open(lab, { name: 'talk', from: 'eu', to: { us: 3 } });
    const bystander = await Call.open(lab, { name: 'bystander', from: 'eu', to: { ap: 3 } });
    await bystander.beginWindow();
    const briefly = await cut(lab, call, 5_000);
    const forLong = await cut(lab, call, thoroughness === 'whole' ? 60_000 : 12_000);
    return [...briefly, ...forLong, ...lossless('over the link that was not cut', await bystander.report())];
  },
};

async function cut(lab: Lab, call: Call, durationMs: number): Promise<Finding[]> {
  const what = `cut for ${durationMs / 1000} s`;
  await takesTheDirectWay(lab);
  await call.beginWindow();
  await lab.cluster.network.ask('impairLinks', { between: BETWEEN, impairment: { isCut: true } });
  await sleep(AROUND_WITHIN_MS + 500);
  await lab.cluster.network.ask('takeTally');
  await sleep(durationMs - AROUND_WITHIN_MS - 500);
  const detour = (await lab.cluster.network.ask('takeTally'))['ap>us']?.streams.length ?? 0;
  const { path, isThroughAp } = await askPath(lab, call);
  await lab.cluster.network.ask('impairLinks', { between: BETWEEN, impairment: { isCut: false } });
  await takesTheDirectWay(lab);
  const figures = await call.figures('us');
  return [
    atMost(
      `${what}: longest gap for viewers, from then until the direct way is taken again`,
      Math.max(...figures.map(worstGap)),
      AROUND_WITHIN_MS,
      ' ms',
    ),
    exactly(`${what}: streams through the third region meanwhile`, detour, 1),
    exactly(`${what}: \`GET …/path\` says so meanwhile`, isThroughAp ? 'yes' : path, 'yes'),
    exactly(
      `${what}: packets that arrived twice`,
      figures.reduce((sum, { duplicates }) => sum + duplicates, 0),
      0,
    ),
  ];
}

function worstGap({ longestGapMs, silentMs }: { readonly longestGapMs: number; readonly silentMs: number }): number {
  return Math.max(longestGapMs, silentMs);
}

async function askPath(lab: Lab, call: Call): Promise<{ readonly path: string; readonly isThroughAp: boolean }> {
  const { status, body } = await lab.api('us').call('GET', `/session/${call.track.remoteSessionId}/track/${call.track.remoteTrackId}/path`);
  const path = JSON.stringify(body);
  return { path, isThroughAp: status === 200 && path.includes(String(lab.cluster.node('ap').plan.nodeNo)) };
}

/**
 * Waits until media takes the direct route. Right after the start, round trips are those of busy processes; after a cut, the old route must
 * first prove that it no longer loses packets.
 */
async function takesTheDirectWay(lab: Lab): Promise<void> {
  await lab.cluster.network.ask('takeTally');
  const isDirect = async (): Promise<boolean> => {
    await sleep(1_000);
    const tally = await lab.cluster.network.ask('takeTally');
    return (tally['eu>us']?.streams.length ?? 0) > 0 && (tally['ap>us']?.streams.length ?? 0) === 0;
  };
  if (!Number.isFinite(await timeUntil(isDirect, SETTLED_WITHIN_MS))) throw new Error('The track does not take the direct way');
}
