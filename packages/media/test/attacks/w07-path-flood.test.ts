import { CLEAN_LINK } from '@causeway/testkit';
import { RunningCall, UNHARMED } from './running-call.ts';

const MAX_PATHS = 8;

describe('W07: checks from ever new addresses', () => {
  test('with valid credentials, a thousand of them, leave eight paths and an unharmed stream', () => {
    const call = new RunningCall();
    const { world, bob } = call;
    const home = bob.path;

    call.runFor(3300, () => {
      for (let address = 0; address < 10; address++) {
        const path = world.migrate(bob, { ...CLEAN_LINK, delayMs: 1 });
        world.linksOf(path).up.send(world.nowMs, bob.writeCheck({ nominate: false }));
      }
      bob.moveTo(home, world.linksOf(home).up);
    });

    // The publisher's path and the subscriber's are the two besides.
    expect(call.harm).toEqual(UNHARMED);
    expect(world.releasedPaths).toHaveLength(1000 + 1 - MAX_PATHS);
    expect(world.releasedPaths).not.toContain(home);
  });

  test('without credentials leave nothing at all', () => {
    const call = new RunningCall();
    const strangers = Array.from({ length: 1000 }, () => call.world.addStranger());
    const check = call.bob.writeCheck();
    check[check.length - 20] ^= 1;
    let next = 0;

    call.runFor(1000, (nowMs) => {
      for (let count = 0; count < 33; count++) strangers[next++ % strangers.length]?.send(nowMs, check);
    });

    expect(call.harm).toEqual(UNHARMED);
    expect(strangers.some(({ path, received }) => path.transport !== undefined || received.length > 0)).toBe(false);
    expect(call.world.releasedPaths).toEqual([]);
  });
});
