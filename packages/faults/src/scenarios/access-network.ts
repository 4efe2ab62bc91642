import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ChromiumPage,
  type FrameArrival,
  type InboundFigures,
  joinCall,
  launchChromium,
  type OutboundFigures,
  type Participant,
  startBlankSite,
} from '@causeway/e2e';
import { type Impairment, UNIMPAIRED } from '../network/impairment.ts';
import { atLeast, atMost, type Finding } from './finding.ts';
import { latestMs } from './frame-lateness.ts';
import type { Lab } from './lab.ts';
import type { Scenario } from './scenario.ts';

/** The offset of the proxy's port from a node's HTTP port, behind all other ports of a cluster. */
const ACCESS_OFFSET = 56;
const MIN_FRAMES_PER_SECOND = 15;
/** The browser counts a freeze when a frame comes this much later than expected (W3C webrtc-stats, `freezeCount`). */
const FREEZES_AFTER_MS = 150;
const REORDER_RATIO = 0.03;
const MAX_ASKED_IN_VAIN_PERCENT = 5;

interface BadAccess {
  readonly name: string;
  readonly impairment: Partial<Impairment>;
  /**
   * This is the browser's own figure. It includes pictures that the camera did not make, which on a busy machine is one in a minute or two.
   */
  readonly maxFrozenPercent: number;
  /** Whether everything that is sent arrives. Then no frame may be late, and nothing need be requested again. */
  readonly isLossless: boolean;
}

const BAD_ACCESSES: readonly BadAccess[] = [
  {
    name: '30 ms jitter, 3% reordered, 1% twice',
    impairment: { delayMs: 10, jitterMs: 30, reorderRatio: REORDER_RATIO, duplicateRatio: 0.01 },
    maxFrozenPercent: 1,
    isLossless: true,
  },
  {
    name: '3% loss in bursts of 8',
    impairment: { delayMs: 10, lossRatio: 0.03, lossBurst: 8 },
    maxFrozenPercent: 2,
    isLossless: false,
  },
];

interface Call {
  readonly alice: Participant;
  readonly bob: Participant;
  /** The media line that bob watches. */
  readonly mid: string;
}

/** What was seen in a span of time. */
interface Watched extends Pick<InboundFigures, 'framesDecoded' | 'freezeCount' | 'frozenMs'> {
  readonly seconds: number;
  readonly frames: readonly FrameArrival[];
  readonly packetsSent: number;
  /** The number of NACKs from the node to the publisher. */
  readonly nackCount: number;
}

/** Impairs the access networks of both browsers. */
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
        findings.push(...judge(access, await watch({ alice, bob, mid }, thoroughness === 'whole' ? 60 : 15)));
      }
      return findings;
    } finally {
      await chromium.close();
      await site.close();
    }
  },
};

async function watch({ alice, bob, mid }: Call, seconds: number): Promise<Watched> {
  await sleep(1_000);
  const [receivedBefore, sentBefore] = [await receivedBy(bob, mid), await sentBy(alice)];
  const frames = await bob.recordFrames(mid, seconds);
  const [received, sent] = [await receivedBy(bob, mid), await sentBy(alice)];
  return {
    seconds,
    frames,
    framesDecoded: received.framesDecoded - receivedBefore.framesDecoded,
    freezeCount: received.freezeCount - receivedBefore.freezeCount,
    frozenMs: received.frozenMs - receivedBefore.frozenMs,
    packetsSent: sent.packetsSent - sentBefore.packetsSent,
    nackCount: sent.nackCount - sentBefore.nackCount,
  };
}

async function receivedBy(bob: Participant, mid: string): Promise<InboundFigures> {
  const figures = (await bob.readInbound()).find((stream) => stream.mid === mid);
  if (figures === undefined) throw new Error('bob receives nothing');
  return figures;
}

async function sentBy(alice: Participant): Promise<OutboundFigures> {
  const [figures] = await alice.readOutbound();
  if (figures === undefined) throw new Error('alice sends nothing');
  return figures;
}

function judge({ name, maxFrozenPercent, isLossless }: BadAccess, watched: Watched): Finding[] {
  const { seconds, frames, framesDecoded, freezeCount, frozenMs, packetsSent, nackCount } = watched;
  const overtaken = packetsSent * REORDER_RATIO;
  return [
    ...(isLossless
      ? [
          atMost(`${name}: the latest of ${frames.length} frames came after its time by`, latestMs(frames), FREEZES_AFTER_MS, ' ms'),
          atMost(`${name}: requests for packets that were only late`, (100 * nackCount) / overtaken, MAX_ASKED_IN_VAIN_PERCENT, '%'),
        ]
      : []),
    atMost(`${name}: time that the picture stood still (${freezeCount} times)`, frozenMs / (10 * seconds), maxFrozenPercent, '%'),
    atLeast(`${name}: frames decoded a second`, framesDecoded / seconds, MIN_FRAMES_PER_SECOND),
  ];
}

/** Runs in the page before anything else, so that the browser goes through the proxy, whatever address the SFU names. */
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
