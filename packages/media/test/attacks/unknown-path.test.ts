import { RunningCall, UNHARMED } from './running-call.ts';

const LENGTHS = Array.from({ length: 101 }, (_, length) => length);

describe('a datagram from an unknown address that is no authenticated check', () => {
  test('of any first byte and any length up to 100 bytes changes nothing and is answered with nothing', () => {
    const call = new RunningCall();
    const { world } = call;
    const stranger = world.addStranger();
    const { transports: before } = world.engine.snapshot(world.nowMs);
    let first = 0;

    // Eight first bytes a frame: 33 frames for all of them.
    call.runFor(33 * 33, (nowMs) => {
      for (let count = 0; count < 8 && first < 256; count++, first++) {
        for (const length of LENGTHS) {
          const datagram = new Uint8Array(length).fill(first);
          stranger.send(nowMs, datagram);
        }
      }
    });

    const { transports, drops } = world.engine.snapshot(world.nowMs);
    const reasons = ['unknown-path', 'dtls-from-unvalidated-path', 'unclassified', 'malformed-stun'];
    const counted = reasons.reduce((sum, reason) => sum + (drops[reason] ?? 0), 0);
    expect(first).toBe(256);
    expect(call.harm).toEqual(UNHARMED);
    expect(stranger.received).toEqual([]);
    expect(stranger.path.transport).toBeUndefined();
    expect(transports.map(({ transportId }) => transportId)).toEqual(before.map(({ transportId }) => transportId));
    expect(counted).toBe(256 * LENGTHS.length);
  });

  test('is dropped even when it is the very packet a peer sends', () => {
    const call = new RunningCall();
    const { world, alice } = call;
    const stranger = world.addStranger();
    const rtp = new Uint8Array(200);
    rtp.set([0x80, 96, 0x10, 0, 0, 1, 0, 0, 0, 0, 0, 7]);

    call.runFor(500, (nowMs) => {
      stranger.send(nowMs, rtp);
      stranger.send(nowMs, Uint8Array.of(22, 0));
      stranger.send(nowMs, Uint8Array.of(21, 0));
      stranger.send(nowMs, Uint8Array.of(0x81, 200, 0, 6));
    });

    expect(call.harm).toEqual(UNHARMED);
    expect(stranger.received).toEqual([]);
    expect(alice.hasSaidGoodbye).toBe(false);
    expect(call.drops('unknown-path')).toBeGreaterThan(25);
    expect(call.drops('dtls-from-unvalidated-path')).toBe(call.drops('unknown-path'));
  });
});
