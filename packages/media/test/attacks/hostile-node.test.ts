/** What a node of the cluster that has been taken over can do with RTCP to the media of others: it has the keys of its own link alone. */
import type { ScriptedPeer } from '@causeway/testkit';
import { PublishingPeer, ReceivingPeer, VideoSource } from '@causeway/testkit';
import { type Seq16, toSeq16, writeBye, writeNack } from '@causeway/wire';
import { RunningCall, UNHARMED } from './running-call.ts';

const ALICE_SSRC = 7;
const BOB_SSRC = 70;
/** One datagram has room for this many SSRCs. */
const GOODBYES_IN_A_DATAGRAM = 150;
/** The packets of more than a second. */
const ASKED_AGAIN = 128;
const MAX_ANSWERS_ON_LINK = 10;

function connectNode({ world }: RunningCall, name: string): ScriptedPeer {
  const node = world.connectPeer(`link-${name}`, undefined, { isLink: true });
  world.keepAlive(node, 60_000);
  return node;
}

/** A node sends a track over its link, and a subscriber of this node watches it. */
function relayFrom({ world }: RunningCall, node: ScriptedPeer, trackId: string, ssrc: number) {
  world.publish(node, { trackId, mid: trackId, ssrcs: [{ ssrc, rtxSsrc: undefined }] });
  const publisher = new PublishingPeer(world, node, new VideoSource({ ssrc }));
  const viewer = world.connectPeer(`viewer-of-${trackId}`);
  world.keepAlive(viewer, 60_000);
  world.subscribe(viewer, { sourceTrackId: trackId, ssrc: 80 });
  return { publisher, receiver: new ReceivingPeer(world, viewer, { ssrc: 80 }) };
}

function numbersUpTo(newest: number): readonly Seq16[] {
  return Array.from({ length: ASKED_AGAIN }, (_, place) => toSeq16((newest - ASKED_AGAIN + 1 + place) & 0xffff));
}

describe('goodbyes of a hostile node', () => {
  test('end no stream of a client, and none that another node sends', () => {
    const call = new RunningCall();
    const honest = relayFrom(call, connectNode(call, 'honest'), 'relayed', 1000);
    const mallory = connectNode(call, 'mallory');

    call.runFor(3000, (nowMs) => {
      mallory.sendRtcp(nowMs, (out, offset) => writeBye(out, offset, { ssrcs: [ALICE_SSRC, BOB_SSRC, 1000, 80] }));
      honest.publisher.sendFrame();
    });

    const { transports } = call.world.engine.snapshot(call.world.nowMs);
    const arriving = transports.flatMap(({ publisherTracks }) => publisherTracks).flatMap(({ layers }) => layers);
    expect(call.harm).toEqual(UNHARMED);
    expect(honest.receiver.packets.size).toBe(honest.publisher.packetsSent);
    expect(arriving.map(({ ssrc }) => ssrc).sort()).toEqual([1000, ALICE_SSRC]);
    expect(call.drops('goodbye-for-unknown')).toBe(4 * Math.ceil(3000 / 33));
  });

  test('for its own stream count once until it sends again, however many are in a datagram', () => {
    const call = new RunningCall();
    const mallory = connectNode(call, 'mallory');
    const own = relayFrom(call, mallory, 'bait', 2000);
    call.runFor(1000, () => own.publisher.sendFrame());
    const goodbyes = 30;

    for (let count = 0; count < goodbyes; count++) {
      mallory.sendRtcp(call.world.nowMs, (out, offset) => {
        let end = offset;
        for (let written = 0; written < GOODBYES_IN_A_DATAGRAM; written++) end = writeBye(out, end, { ssrcs: [2000] });
        return end;
      });
      call.runFor(33);
    }
    const refused = call.drops('goodbye-for-unknown');
    const receivedBefore = own.receiver.packets.size;
    call.runFor(1000, () => own.publisher.sendFrame());

    expect(refused).toBe(goodbyes * GOODBYES_IN_A_DATAGRAM - 1);
    expect(own.receiver.packets.size).toBeGreaterThan(receivedBefore);
    expect(call.harm).toEqual(UNHARMED);
  });
});

describe('a hostile node that asks for everything again', () => {
  test('gets a fifth of the stream, each packet ten times at most, and two keyframes a second; others get what they got before', () => {
    const call = new RunningCall();
    const { world } = call;
    const [honest, mallory] = [connectNode(call, 'honest'), connectNode(call, 'mallory')];
    for (const node of [honest, mallory]) world.subscribe(node, { sourceTrackId: 'camera', ssrc: 90, rtxSsrc: 91 });
    const atHonest = new ReceivingPeer(world, honest, { ssrc: 90, rtxSsrc: 91 });
    call.runFor(1000);
    const keyframesBefore = call.alice.rtcp.filter(({ type }) => type === 'pli').length;
    const durationMs = 10_000;

    call.runFor(durationMs, (nowMs) => {
      const newest = mallory.received.findLast(({ ssrc }) => ssrc === 90)?.sequence ?? 0;
      const lost = numbersUpTo(newest);
      mallory.sendRtcp(nowMs, (out, offset) => writeNack(out, offset, { senderSsrc: 1, mediaSsrc: 90, lost }));
    });

    const original = mallory.received.filter(({ ssrc }) => ssrc === 90);
    const resent = mallory.received.filter(({ ssrc }) => ssrc === 91);
    const answers = new Map<number, number>();
    for (const { payload } of resent) {
      const sequence = Buffer.from(payload).readUInt16BE(0);
      answers.set(sequence, (answers.get(sequence) ?? 0) + 1);
    }
    const bytesOf = (packets: typeof resent) => packets.reduce((sum, { payload }) => sum + payload.length, 0);
    const leastBytes = (40_000 / 8000) * durationMs + 12_000;
    expect(call.harm).toEqual(UNHARMED);
    expect(atHonest.missing).toEqual([]);
    expect(atHonest.duplicates).toBe(0);
    expect(atHonest.repairedByRtx).toBe(0);
    expect(resent.length).toBeGreaterThan(100);
    expect(Math.max(...answers.values())).toBeLessThanOrEqual(MAX_ANSWERS_ON_LINK);
    expect(bytesOf(resent)).toBeLessThanOrEqual(Math.max(0.2 * bytesOf(original), leastBytes) * 1.05);
    expect(call.alice.rtcp.filter(({ type }) => type === 'pli').length - keyframesBefore).toBeLessThanOrEqual((2 * durationMs) / 1000 + 1);
    expect(call.drops('rtx-suppressed')).toBeGreaterThan(10_000);
  });

  test('of streams that do not cross its link gets nothing', () => {
    const call = new RunningCall();
    const mallory = connectNode(call, 'mallory');
    call.runFor(500);
    const lost = numbersUpTo(call.bob.received.at(-1)?.sequence ?? 0);

    for (const mediaSsrc of [ALICE_SSRC, BOB_SSRC])
      mallory.sendRtcp(call.world.nowMs, (out, offset) => writeNack(out, offset, { senderSsrc: 1, mediaSsrc, lost }));
    call.runFor(500);

    expect(mallory.received).toEqual([]);
    expect(call.harm).toEqual(UNHARMED);
  });
});
