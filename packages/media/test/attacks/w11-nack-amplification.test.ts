import { PublishingPeer, VideoSource } from '@causeway/testkit';
import { toSeq16, writeNack } from '@causeway/wire';
import { RunningCall, UNHARMED } from './running-call.ts';

/** The packet of W11: 290 entries, each of which asks for seventeen packets; werift sent 4,930 for it. */
const ENTRIES = 290;
const MAX_ANSWERS = 128;

/** Asks for the latest packets first, and then for ever older ones. */
function nackFlood(mediaSsrc: number, newest: number): Uint8Array {
  const packet = new DataView(new ArrayBuffer(12 + ENTRIES * 4));
  packet.setUint32(0, 0x81cd_0000 + 2 + ENTRIES);
  packet.setUint32(8, mediaSsrc);
  for (let entry = 0; entry < ENTRIES; entry++) {
    packet.setUint16(12 + entry * 4, newest - 16 - entry * 17);
    packet.setUint16(14 + entry * 4, 0xffff);
  }
  return new Uint8Array(packet.buffer);
}

describe('W11: a NACK for everything', () => {
  test.each([40, 1200])('brings no more than 128 packets, and no more than the budget, of a stream of %i-byte packets', (payloadBytes) => {
    const call = new RunningCall();
    const { world } = call;
    const carol = world.connectPeer('carol');
    const mallory = world.connectPeer('mallory');
    world.publish(carol, { trackId: 'screen', ssrcs: [{ ssrc: 9, rtxSsrc: undefined }] });
    world.subscribe(mallory, { sourceTrackId: 'screen', ssrc: 90, rtxSsrc: 91 });
    const screen = new PublishingPeer(world, carol, new VideoSource({ ssrc: 9, packetsPerFrame: 20, payloadBytes }));
    call.runFor(2000, () => screen.sendFrame());
    const sentBefore = mallory.received.length;
    const flood = nackFlood(90, mallory.received.at(-1)?.sequence ?? 0);

    mallory.sendRaw(world.nowMs, flood);
    world.run(50);

    const resent = mallory.received.slice(sentBefore);
    const resentBytes = resent.reduce((sum, { payload }) => sum + payload.length, 0);
    const streamBytesIn100Ms = (20 * payloadBytes * 100) / 33;
    expect(flood).toHaveLength(12 + ENTRIES * 4);
    expect(call.harm).toEqual(UNHARMED);
    expect(resent.length).toBeGreaterThan(5);
    expect(resent.length).toBeLessThanOrEqual(MAX_ANSWERS);
    expect(resentBytes).toBeLessThanOrEqual(Math.max(streamBytesIn100Ms, 12_000));
    expect(call.drops('rtx-suppressed')).toBeGreaterThan(100);
  });

  test('sent thirty times a second gets a fifth of the stream, and each packet three times at most', () => {
    const call = new RunningCall();
    const { world } = call;
    const mallory = world.connectPeer('mallory');
    world.subscribe(mallory, { sourceTrackId: 'camera', ssrc: 90, rtxSsrc: 91 });
    const durationMs = 10_000;

    call.runFor(durationMs, (nowMs) =>
      mallory.sendRaw(nowMs, nackFlood(90, mallory.received.findLast(({ ssrc }) => ssrc === 90)?.sequence ?? 0)),
    );

    const original = mallory.received.filter(({ ssrc }) => ssrc === 90);
    const resent = mallory.received.filter(({ ssrc }) => ssrc === 91);
    const answers = new Map<number, number>();
    for (const { payload } of resent) {
      const sequence = Buffer.from(payload).readUInt16BE(0);
      answers.set(sequence, (answers.get(sequence) ?? 0) + 1);
    }
    const minRateBytes = (40_000 / 8000) * durationMs + 12_000;
    const bytesOf = (packets: typeof resent) => packets.reduce((sum, { payload }) => sum + payload.length, 0);
    expect(call.harm).toEqual(UNHARMED);
    expect(Math.max(...answers.values())).toBeLessThanOrEqual(3);
    expect(bytesOf(resent)).toBeLessThanOrEqual(Math.max(0.2 * bytesOf(original), minRateBytes) * 1.05);
  });

  test('for numbers that were never sent brings nothing', () => {
    const call = new RunningCall();
    const { world, bob } = call;
    call.runFor(500);
    const newest = bob.received.at(-1)?.sequence ?? 0;
    const receivedBefore = bob.received.length;
    const lost = Array.from({ length: 500 }, (_, index) => toSeq16((newest + 1 + index) & 0xffff));

    bob.sendRtcp(world.nowMs, (out, offset) => writeNack(out, offset, { senderSsrc: 1, mediaSsrc: 70, lost }));
    world.run(50);

    expect(bob.received.length).toBe(receivedBefore);
    expect(call.drops('nack-for-unknown')).toBe(500);
  });

  test('for a stream of somebody else brings nothing', () => {
    const call = new RunningCall();
    const mallory = call.world.connectPeer('mallory');
    call.runFor(500);

    mallory.sendRaw(call.world.nowMs, nackFlood(70, call.bob.received.at(-1)?.sequence ?? 0));
    call.runFor(200);

    expect(call.harm).toEqual(UNHARMED);
    expect(mallory.received).toEqual([]);
  });
});
