import type { QualitySample } from '@causeway/protocol';
import { addSamples, lossText, rateText, roundTripText, rowsOf, trackName, tracksOf } from '../../src/service/quality-series.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 1, 3) + seconds * 1_000).toISOString();
const remote = { remoteSessionId: 'session-101-a', remoteTrackId: 'camera' };

function sampleAt(seconds: number, changes: Partial<QualitySample> = {}): QualitySample {
  return {
    at: at(seconds),
    rttMs: 40,
    estimatedBps: 2e6,
    publications: [{ mid: '0', trackKind: 'audio', bitrateBps: 32_000, lossRatio: 0.02 }],
    subscriptions: [
      { mid: '1', trackKind: 'video', ...remote, bitrateBps: 1_200_000, lossRatio: 0.1, rid: 'h' },
      { mid: '2', trackKind: 'video', ...remote, bitrateBps: 300_000 },
    ],
    ...changes,
  } as QualitySample;
}

test('samples are in order, without duplicates, and at most five minutes older than the newest', () => {
  const known = addSamples([], [sampleAt(10), sampleAt(5)]);
  const more = addSamples(known, [sampleAt(10), sampleAt(15)]);

  expect(more.map((sample) => sample.at)).toEqual([at(5), at(10), at(15)]);
  expect(addSamples(more, [sampleAt(312)]).map((sample) => sample.at)).toEqual([at(15), at(312)]);
  expect(addSamples([], [])).toEqual([]);
});

test('tracks are those of the newest sample, by media line and direction', () => {
  const tracks = tracksOf([sampleAt(5), sampleAt(10, { publications: [] })]);

  expect(tracks.map(trackName)).toEqual(['Line 1: video to the client', 'Line 2: video to the client']);
  expect(tracksOf([])).toEqual([]);
});

test('all tracks together have the sum of their rates, and the highest loss', () => {
  expect(rowsOf([sampleAt(5)], undefined)).toEqual([
    {
      at: at(5),
      atSeconds: Date.parse(at(5)) / 1_000,
      rttMs: 40,
      estimatedBps: 2e6,
      toClientBps: 1_500_000,
      fromClientBps: 32_000,
      toClientLoss: 0.1,
      fromClientLoss: 0.02,
      rid: null,
    },
  ]);
});

test('a single track is shown with its layer, and with gaps where it did not exist', () => {
  const before = sampleAt(5, { subscriptions: [], rttMs: undefined, estimatedBps: undefined });
  const track = { direction: 'to client', mid: '1', trackKind: 'video' } as const;

  const rows = rowsOf([before, sampleAt(10)], track);

  expect(rows.map(({ toClientBps, fromClientBps, toClientLoss, rid }) => [toClientBps, fromClientBps, toClientLoss, rid])).toEqual([
    [null, null, null, null],
    [1_200_000, null, 0.1, 'h'],
  ]);
  expect(rows[0]).toMatchObject({ rttMs: null, estimatedBps: null });
});

test('figures are formatted for people', () => {
  expect([rateText(1_234_000), rateText(64_400), rateText(0), rateText(null)]).toEqual(['1.23 Mbit/s', '64 kbit/s', '0 kbit/s', '–']);
  expect([lossText(0.0256), lossText(0), lossText(null)]).toEqual(['2.6%', '0.0%', '–']);
  expect([roundTripText(41.4), roundTripText(null)]).toEqual(['41 ms', '–']);
});
