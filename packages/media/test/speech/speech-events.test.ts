import type { EngineEvent } from '@causeway/media';
import { OPUS, type ScriptedPeer, VirtualWorld } from '@causeway/testkit';
import { AUDIO_LEVEL_URI } from '@causeway/wire';

const LEVEL_ID = 3;

function call(publisher: { readonly isLink?: boolean } = {}) {
  const world = new VirtualWorld();
  const told: Extract<EngineEvent, { type: 'speech-measured' }>[] = [];
  world.whenTold = (event) => {
    if (event.type === 'speech-measured') told.push(event);
  };
  const alice = world.connectPeer('alice', undefined, publisher);
  world.publish(alice, {
    trackId: 'voice',
    kind: 'audio',
    codecs: [OPUS],
    ssrcs: [{ ssrc: 7, rtxSsrc: undefined }],
    extensions: [{ id: LEVEL_ID, uri: AUDIO_LEVEL_URI }],
  });
  let sequence = 1;
  const talk = (durationMs: number, level: Uint8Array | undefined) => {
    for (let passedMs = 0; passedMs < durationMs; passedMs += 20) {
      const extensions = new Map(level === undefined ? [] : [[LEVEL_ID, level]]);
      const packet = { ssrc: 7, payloadType: 111, sequence, timestamp: sequence * 960, payload: new Uint8Array(80) };
      alice.sendRtp(world.nowMs, { ...packet, extensions });
      sequence++;
      world.run(20);
    }
  };
  return { world, alice, told, talk };
}

/** Peers of whom nothing is measured. */
const SILENT: readonly (readonly [string, Uint8Array | undefined])[] = [
  ['no level', undefined],
  ['silence', Uint8Array.of(127)],
  ['a level of two bytes', Uint8Array.of(0x80, 0x80)],
];

test('speech is reported five times a second, with one last report of silence', () => {
  const { world, told, talk } = call();
  talk(2000, Uint8Array.of(0x80 | 30));
  world.run(4000);

  expect(told.length).toBeGreaterThanOrEqual(17);
  expect(told.length).toBeLessThanOrEqual(20);
  expect(told.every(({ trackId }) => trackId === 'voice')).toBe(true);
  expect(told[8]).toMatchObject({ share: 1, recentShare: 1 });
  expect(told.at(-1)).toMatchObject({ share: 0, recentShare: 0 });
});

test.each(SILENT)('%s is no speech and costs no timer', (_, level) => {
  const { world, told, talk } = call();
  talk(2000, level);

  expect(told).toEqual([]);
  expect(world.engine.census().timers).toBeLessThan(10);
});

test('a copy from a link is not measured, since its own node does', () => {
  const { told, talk } = call({ isLink: true });
  talk(1000, Uint8Array.of(30));

  expect(told).toEqual([]);
});

test('a publication that ends while it speaks is not reported any more', () => {
  const { world, alice, told, talk } = call();
  talk(500, Uint8Array.of(30));
  const before = told.length;
  world.engine.handleCommand(world.nowMs, { type: 'remove-publisher-track', trackId: 'voice' });
  world.run(2000);

  expect(before).toBeGreaterThan(0);
  expect(told).toHaveLength(before);
  expect((alice as ScriptedPeer).hasSaidGoodbye).toBe(false);
});
