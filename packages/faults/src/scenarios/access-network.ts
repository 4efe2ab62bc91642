import { setTimeout as sleep } from 'node:timers/promises';
import { type ChromiumPage, type InboundFigures, joinCall, launchChromium, type Participant, startBlankSite } from '@causeway/e2e';
import { type Impairment, UNIMPAIRED } from '../network/impairment.ts';
import { atLeast, atMost, type Finding } from './finding.ts';
import type { Lab } from './lab.ts';
import type { Scenario } from './scenario.ts';

/** From a node's HTTP port, behind all other ports of a cluster. */
const ACCESS_OFFSET = 56;
const MIN_FRAMES_PER_SECOND = 15;

interface BadAccess {
  readonly name: string;
  readonly impairment: Partial<Impairment>;
  readonly maxFrozenPercent: number;
}

const BAD_ACCESSES: readonly BadAccess[] = [
  {
    name: '30 ms jitter, 3% reordered, 1% twice',
    impairment: { delayMs: 10, jitterMs: 30, reorderRatio: 0.03, duplicateRatio: 0.01 },
    maxFrozenPercent: 0,
  },
  { name: '3% loss in bursts of 8', impairment: { delayMs: 10, lossRatio: 0.03, lossBurst: 8 }, maxFrozenPercent: 2 },
];

/** The last mile of both, whose browsers have to live with it. */
export const accessNetwork: Scenario = {
  name: 'access-network',
  covers: ['F14'],
  title: 'Two Chromium tabs behind access networks that reorder, repeat and lose in bursts',
  async run(lab, thoroughness) {
    const { httpPort, udpPort } = lab.cluster.node('eu').plan;
    const port = httpPort + ACCESS_OFFSET;
    await lab.cluster.network.ask('openAccess', { port, targetPort: udpPort, seed: 1 });
    const [site, chromium] = await Promise.all([startBlankSite(), launchChromium()]);
    try {
      const enter = async (name: string): Promise<Participant<ChromiumPage>> =>
        joinCall(await chromium.openPage(site.origin, { initScript: scriptThatSendsTo(port) }), name, { access: accessOf(lab) });
      const [alice, bob] = [await enter('alice'), await enter('bob')];
      const [track] = await alice.publish({ media: { kind: 'camera' } });
      if (track === undefined) throw new Error('alice published nothing');
      const mid = await bob.watch(track);
      await bob.decodesVideo(mid);
      const findings: Finding[] = [];
      for (const access of BAD_ACCESSES) {
        await lab.cluster.network.ask('impairAccess', { port, impairment: { ...UNIMPAIRED, ...access.impairment } });
        findings.push(...(await watch(bob, mid, access, thoroughness === 'whole' ? 60 : 15)));
      }
      return findings;
    } finally {
      await chromium.close();
      await site.close();
    }
  },
};

async function watch(
  bob: Participant<ChromiumPage>,
  mid: string,
  { name, maxFrozenPercent }: BadAccess,
  seconds: number,
): Promise<Finding[]> {
  await sleep(1_000);
  const before = await figuresOf(bob, mid);
  await sleep(1_000 * seconds);
  const after = await figuresOf(bob, mid);
  const frozenPercent = (after.frozenMs - before.frozenMs) / (10 * seconds);
  return [
    atMost(
      `${name}: time that the picture stood still (${after.freezeCount - before.freezeCount} times)`,
      frozenPercent,
      maxFrozenPercent,
      '%',
    ),
    atLeast(`${name}: frames decoded a second`, (after.framesDecoded - before.framesDecoded) / seconds, MIN_FRAMES_PER_SECOND),
  ];
}

async function figuresOf(bob: Participant<ChromiumPage>, mid: string): Promise<InboundFigures> {
  const figures = (await bob.readInbound()).find((stream) => stream.mid === mid);
  if (figures === undefined) throw new Error('bob receives nothing');
  return figures;
}

/** Runs in the page before anything else: whatever address the SFU names, the browser goes through the proxy. */
function scriptThatSendsTo(port: number): string {
  return `{
    const original = RTCPeerConnection.prototype.setRemoteDescription;
    RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
      const through = (line) => {
        if (!line.startsWith('a=candidate:')) return [line];
        if (!line.includes(' 127.0.0.1 ')) return [];
        return [line.replace(/ 127\\.0\\.0\\.1 \\d+ /, ' 127.0.0.1 ${port} ')];
      };
      return original.call(this, { type, sdp: sdp.split('\\r\\n').flatMap(through).join('\\r\\n') });
    };
  }`;
}

function accessOf(lab: Lab): { readonly host: string; readonly appId: string; readonly secret: string } {
  const { url, appId, secret } = lab.address('eu');
  return { host: url, appId, secret };
}
