/** A viewer that is sent more on data channels than its path carries, beside a camera and a voice. */
import { DataPage } from '@causeway/testkit';
import { quantileOf } from '../congestion/support/scene.ts';
import { framesPerSecond, longestGapMs, NarrowCall, SIZE } from './narrow-call.ts';

const RELIABLE = { ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };
const UNRELIABLE = { ordered: false, maxRetransmits: 0, maxPacketLifeTimeMs: undefined };
const PUBLICATION = 'alice/file';
const MESSAGE_BYTES = 5000;
/** Together with the size of messages, 2 Mbit/s. */
const EVERY_MS = 20;
/** Few enough that reliable messages never overflow the buffer of a subscription. */
const MOST_WAITING = 40;
const SOUND_MS = 20;
const BEFORE_MS = 5000;
const FLOOD_MS = 20_000;
/** Packets that are sent at the very end have not arrived yet. */
const END_MS = 1000;

/** Alice has data for Bob from the sixth second on, which takes all that his path of this rate leaves it. */
function flood(rateBps: number, reliability: typeof RELIABLE | typeof UNRELIABLE) {
  const call = new NarrowCall(1, [{ fromMs: 0, rateBps }]);
  const { world, alice, bob } = call;
  for (const { id } of [alice, bob]) {
    world.engine.handleCommand(world.nowMs, { type: 'set-data-peer', plan: { transportId: id, maxMessageBytes: 262_144 } });
  }
  const [sender, receiver] = [new DataPage(world, alice), new DataPage(world, bob)];
  const streamId = sender.open('file', reliability);
  call.runFor(300);
  const stream = { streamId, isNegotiated: false };
  const publication = { publicationId: PUBLICATION, transportId: 'alice', stream, reliability, retain: 0, isBus: false };
  world.engine.handleCommand(world.nowMs, { type: 'put-data-publication', plan: publication });
  const names = { subscriptionId: 'bob/file', transportId: 'bob', publicationId: PUBLICATION, label: 'file', protocol: '' };
  const terms = { canReply: 'none', waitsForAck: false, isPaused: false, isSticky: false } as const;
  const subscription = { ...names, ...terms, stream: { streamId: 101, isNegotiated: false } };
  world.engine.handleCommand(world.nowMs, { type: 'put-data-subscription', plan: subscription });
  const shown = call.watch();
  const heard = call.speakFor(BEFORE_MS + FLOOD_MS + END_MS);
  call.runFor(BEFORE_MS);
  const fromMs = world.nowMs;
  let sent = 0;
  for (let afterMs = 0; afterMs < FLOOD_MS; afterMs += EVERY_MS) {
    world.after(afterMs, () => {
      if (reliability === RELIABLE && sent - receiver.messages.length >= MOST_WAITING) return;
      sent++;
      sender.send(streamId, new Uint8Array(MESSAGE_BYTES));
    });
  }
  call.runFor(FLOOD_MS);
  const toMs = world.nowMs;
  const sound = heard().filter(({ sentAtMs }) => sentAtMs >= fromMs && sentAtMs < toMs - END_MS);
  const bytes = receiver.messages.reduce((sum, { data }) => sum + data.length, 0);
  const frames = shown.filter(({ atMs }) => atMs >= fromMs);
  return {
    soundLoss: 1 - sound.length / ((toMs - END_MS - fromMs) / SOUND_MS),
    soundLateMs: quantileOf(
      sound.map(({ lateMs }) => lateMs),
      0.95,
    ),
    fps: framesPerSecond(shown, fromMs, toMs),
    gapMs: longestGapMs(shown, fromMs, toMs),
    payloads: new Set(frames.map(({ payloadBytes }) => payloadBytes)),
    dataBps: (8000 * bytes) / (toMs - fromMs),
  };
}

test.each([
  ['reliable', RELIABLE],
  ['unreliable', UNRELIABLE],
] as const)('sound and the lowest layer come through 600 kbit/s beside %s data, which goes on', (_, reliability) => {
  const { soundLoss, soundLateMs, fps, gapMs, dataBps } = flood(600_000, reliability);

  expect(soundLoss).toBeLessThan(0.005);
  expect(soundLateMs).toBeLessThan(80);
  expect(fps).toBeGreaterThan(25);
  expect(gapMs).toBeLessThan(500);
  expect(dataBps).toBeGreaterThan(150_000);
});

test('a path that carries both holds nothing back', () => {
  const { payloads, dataBps } = flood(6_000_000, RELIABLE);

  expect(payloads).toEqual(new Set([SIZE.f]));
  expect(dataBps).toBeGreaterThan(1_900_000);
});
