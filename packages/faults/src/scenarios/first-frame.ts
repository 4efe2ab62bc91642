import { setTimeout as sleep } from 'node:timers/promises';
import { BLUE, type ChromiumPage, joinCall, launchChromium, type Participant, type RemoteTrack, startBlankSite } from '@causeway/e2e';
import { Call } from './call.ts';
import { atMost, type Finding } from './finding.ts';
import type { Lab } from './lab.ts';
import type { Scenario } from './scenario.ts';

const DELAY_MS = 80;
const FIRST_FRAME_WITHIN_MS = 700;
/** Longer than a node keeps a track without subscribers. */
const LINGER_MS = 5_000;

/** A viewer in another region sees a picture about as soon as one in the same region. */
export const firstFrame: Scenario = {
  name: 'first-frame',
  covers: ['Show: first frame of a subscriber in another region'],
  title: `The first frame across regions that are ${DELAY_MS} ms apart, one way`,
  needs: { impairment: { delayMs: DELAY_MS } },
  async run(lab, thoroughness) {
    const joins = thoroughness === 'whole' ? 10 : 4;
    return [...(await leanJoins(lab, joins)), ...(thoroughness === 'whole' ? await chromiumJoins(lab, joins) : [])];
  },
};

async function leanJoins(lab: Lab, joins: number): Promise<Finding[]> {
  const fresh: number[] = [];
  for (let join = 0; join < joins; join++) {
    // The source sends a frame every 33 ms, like a camera, in eight packets.
    const call = await Call.open(lab, { name: `fresh-${join}`, from: 'eu', to: { us: 1 }, packetsPerSecond: 240 });
    fresh.push((await call.figures('us'))[0]?.firstFrameMs ?? Number.POSITIVE_INFINITY);
    await lab.sources.ask('leave', `fresh-${join}`);
  }
  const call = await Call.open(lab, { name: 'running', from: 'eu', to: { us: 1 }, packetsPerSecond: 240 });
  for (let join = 0; join < joins; join++) await call.join('us', 1);
  const later = (await call.figures('us')).slice(1).map(({ firstFrameMs }) => firstFrameMs ?? Number.POSITIVE_INFINITY);
  return [slowest('lean clients, the first of their region', fresh), slowest('lean clients, the region has the track already', later)];
}

/** Joins with pages of real Chromium, which decode. */
async function chromiumJoins(lab: Lab, joins: number): Promise<Finding[]> {
  const [site, chromium] = await Promise.all([startBlankSite(), launchChromium()]);
  try {
    const enter = async (name: string, region: string): Promise<Participant<ChromiumPage>> =>
      joinCall(await chromium.openPage(site.origin), name, { access: accessOf(lab, region) });
    const alice = await enter('alice', 'eu');
    const [track] = await alice.publish({ media: { kind: 'picture', colour: BLUE, width: 640, height: 360 } });
    if (track === undefined) throw new Error('alice published nothing');
    const near = await enter('near', 'eu');
    await near.decodesVideo(await near.watch(track), 40);
    const far = await enter('far', 'us');
    const waitsMs: number[] = [];
    for (let join = 0; join < joins; join++) {
      waitsMs.push(await firstPicture(far.page, lab, track));
      // Every other viewer finds that the track is no longer relayed.
      if (join % 2 === 0) await sleep(LINGER_MS);
    }
    return [slowest('Chromium', waitsMs)];
  } finally {
    await chromium.close();
    await site.close();
  }
}

function firstPicture(page: ChromiumPage, lab: Lab, track: RemoteTrack): Promise<number> {
  return page.evaluate(
    async ({ access, track }) => {
      const peer = kit.createPeer({ access });
      await peer.join({ access, receive: ['video'] });
      const [subscription] = await peer.subscribe([{ remoteSessionId: track.sessionId, remoteTrackId: track.trackId }]);
      const renegotiatedAtMs = performance.now();
      const reception = await peer.reception(subscription?.mid ?? '');
      const firstFrameAtMs = await reception.nextFrame();
      await peer.leave();
      return Math.max(0, firstFrameAtMs - renegotiatedAtMs);
    },
    { access: accessOf(lab, 'us'), track },
  );
}

function accessOf(lab: Lab, region: string): { readonly host: string; readonly appId: string; readonly secret: string } {
  const { url, appId, secret } = lab.address(region);
  return { host: url, appId, secret };
}

function slowest(who: string, waitsMs: readonly number[]): Finding {
  const all = waitsMs.map((waitMs) => Math.round(waitMs)).join(' ');
  return atMost(
    `${who}: slowest of ${waitsMs.length} first frames after renegotiate (${all})`,
    Math.max(...waitsMs),
    FIRST_FRAME_WITHIN_MS,
    ' ms',
  );
}
