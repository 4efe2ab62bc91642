import { PublishingPeer, VideoSource } from '@causeway/testkit';
import { MID_URI } from '@causeway/wire';
import { RunningCall, UNHARMED } from './running-call.ts';

const MID = { id: 3, uri: MID_URI };
const NAMED = new Map([[MID.id, Buffer.from('0')]]);
const KEYFRAME = Uint8Array.of(0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00);

describe('ten thousand SSRCs', () => {
  test('with the MID of a publication begin a stream sixteen times at once, and then once a second', () => {
    const call = new RunningCall();
    const { world } = call;
    const mallory = world.connectPeer('mallory');
    const carol = world.connectPeer('carol');
    world.publish(mallory, { trackId: 'evil', extensions: [MID] });
    world.subscribe(carol, { sourceTrackId: 'evil', ssrc: 90 });
    let ssrc = 100;

    call.runFor(10_000, (nowMs) => {
      for (let count = 0; count < 33; count++) {
        mallory.sendRtp(nowMs, { ssrc: ssrc++, payloadType: 96, sequence: 1, timestamp: 1, payload: KEYFRAME, extensions: NAMED });
      }
    });

    const evil = world.engine.snapshot(world.nowMs).transports[2]?.publisherTracks[0];
    expect(ssrc).toBeGreaterThan(10_000);
    expect(call.harm).toEqual(UNHARMED);
    expect(evil?.layers).toHaveLength(1);
    expect(call.drops('too-many-ssrcs')).toBeGreaterThan(9900);
    expect(carol.received.length).toBeLessThanOrEqual(16 + 10);
  });

  test('of retransmissions are known by no more than 24 names', () => {
    const call = new RunningCall();
    const { world } = call;
    const mallory = world.connectPeer('mallory');
    world.publish(mallory, { trackId: 'evil', extensions: [MID] });
    mallory.sendRtp(world.nowMs, { ssrc: 9, payloadType: 96, sequence: 1, timestamp: 1, payload: KEYFRAME, extensions: NAMED });
    let ssrc = 100;

    call.runFor(5000, (nowMs) => {
      for (let count = 0; count < 66; count++) {
        mallory.sendRtp(nowMs, { ssrc: ssrc++, payloadType: 97, sequence: 1, timestamp: 1, payload: KEYFRAME, extensions: NAMED });
      }
    });

    expect(call.harm).toEqual(UNHARMED);
    expect(call.drops('too-many-ssrcs')).toBe(ssrc - 100 - 23);
  });
});

describe('an SSRC that somebody else uses', () => {
  test('is each publisher’s own: two of them under one SSRC are two streams', () => {
    const call = new RunningCall();
    const { world } = call;
    const mallory = world.connectPeer('mallory');
    const carol = world.connectPeer('carol');
    world.publish(mallory, { trackId: 'evil', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
    world.subscribe(carol, { sourceTrackId: 'evil', ssrc: 90 });
    const evil = new PublishingPeer(world, mallory, new VideoSource({ ssrc: 7, payloadBytes: 77 }));

    call.runFor(1000, () => evil.sendFrame());

    expect(call.harm).toEqual(UNHARMED);
    expect(new Set(carol.received.map(({ payload }) => payload.length))).toEqual(new Set([77]));
    expect(call.bob.received.some(({ payload }) => payload.length === 77)).toBe(false);
  });

  test('is not taken over by a publisher that sends under a subscriber’s SSRC', () => {
    const call = new RunningCall();
    const { world } = call;
    const mallory = world.connectPeer('mallory');
    world.publish(mallory, { trackId: 'evil', ssrcs: [{ ssrc: 70, rtxSsrc: undefined }] });
    const evil = new PublishingPeer(world, mallory, new VideoSource({ ssrc: 70, payloadBytes: 77 }));

    call.runFor(1000, () => evil.sendFrame());

    expect(call.harm).toEqual(UNHARMED);
    expect(call.bob.received.some(({ payload }) => payload.length === 77)).toBe(false);
  });
});

test('a subscription that is put again and again under other SSRCs is known by the last one alone', () => {
  const { world, bob } = new RunningCall();
  const known = () => world.engine.snapshot(world.nowMs).transports[1]?.subscriberTracks.length;
  const subscriptionId = 'again';

  for (let ssrc = 1000; ssrc < 1100; ssrc++) world.subscribe(bob, { subscriptionId, sourceTrackId: 'camera', ssrc });
  const whileThere = known();
  world.engine.handleCommand(world.nowMs, { type: 'remove-subscriber-track', subscriptionId });

  expect([whileThere, known()]).toEqual([2, 1]);
});
