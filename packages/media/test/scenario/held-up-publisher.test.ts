/** A publisher whose machine is held up for a moment, so that nothing of any layer comes. */
import { longestGapMs, NarrowCall, SEEDS, SIZE } from './narrow-call.ts';

describe.each(SEEDS)('seed %d', (seed) => {
  test.each([0, 400])('the layer that returns first is not sent to a path that does not carry it, %d ms later', (offsetMs) => {
    const call = new NarrowCall(seed, [{ fromMs: 0, rateBps: 500_000 }]);
    const shown = call.watch();
    call.runFor(8000 + offsetMs);
    for (const peer of [call.alice, call.bob]) call.world.keepAlive(peer, 3000);
    call.world.run(1400);
    const returnedMs = call.world.nowMs;

    call.simulcast.active = ['f'];
    call.runFor(230);
    call.simulcast.active = ['q', 'h', 'f'];
    call.runFor(6000);

    const after = shown.filter(({ atMs }) => atMs > returnedMs);
    expect(after.map(({ payloadBytes }) => payloadBytes)).not.toContain(SIZE.f);
    expect(longestGapMs(shown, returnedMs + 300, call.world.nowMs)).toBeLessThan(500);
  });
});
