import { OPUS } from '@causeway/testkit';
import { CLEAN_PATH, SoundCall } from './sound-call.ts';

const LONG_MS = 40_000;

test('forty seconds of discontinuous transmission is no loss, no stall and no stopped track', () => {
  const call = new SoundCall(1, { codecs: [{ ...OPUS, nack: true }] });
  call.speak(2000);
  const before = call.world.engine.answer('transport', 'alice');
  call.beSilent(LONG_MS);
  const during = call.world.engine.answer('transport', 'alice');
  call.speak(1000);
  call.finish();

  expect(call.world.events.filter(({ what }) => what === 'inactive')).toEqual([]);
  expect(call.alice.rtcp.filter(({ type }) => type === 'nack' || type === 'pli')).toEqual([]);
  const reports = call.alice.rtcp.filter((packet) => packet.type === 'receiver-report').flatMap((packet) => packet.reports);
  expect(reports.length).toBeGreaterThan(20);
  expect(reports.every(({ fractionLost, cumulativeLost }) => fractionLost === 0 && cumulativeLost === 0)).toBe(true);
  // A millisecond is 48 ticks; nothing on this path varies.
  expect(Math.max(...reports.map(({ jitterTicks }) => jitterTicks))).toBeLessThan(48);
  expect(before?.publisherTracks[0]?.layers[0]?.isArriving).toBe(true);
  expect(during?.publisherTracks[0]?.layers[0]?.isArriving).toBe(true);
  expect(call.heardSerials()).toEqual(call.sentSerials());
});

test('what a silent path carries is neither estimated lower, nor is anything held back when speech returns', () => {
  const call = new SoundCall(2, { path: { ...CLEAN_PATH, jitterMs: 4 } });
  call.speak(5000);
  const before = call.world.engine.answer('transport', 'bob')?.estimate?.targetBps;
  call.beSilent(LONG_MS);
  const during = call.world.engine.answer('transport', 'bob')?.estimate?.targetBps;
  const sent = call.sentSerials().length;
  call.speak(2000);
  call.finish();

  if (before !== undefined) expect(during).toBeGreaterThanOrEqual(before * 0.99);
  expect(call.heardSerials().slice(sent)).toEqual(call.sentSerials().slice(sent));
});
