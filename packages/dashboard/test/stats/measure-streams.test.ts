import { measureStreams } from '../../src/stats/measure-streams.ts';
import { type StatsEntry, takeSnapshot } from '../../src/stats/stats-snapshot.ts';

type Entry = Partial<StatsEntry> & { readonly id: string; readonly type: string };

function snapshot(timestamp: number, ...entries: Entry[]) {
  return takeSnapshot(
    entries.map((entry) => ({ timestamp, ...entry })),
    timestamp,
  );
}

const video = { id: 'IT1', type: 'inbound-rtp', kind: 'video', mid: '1' } as const;

test('rates are the growth of counters over the time between two reports', () => {
  const before = snapshot(1_000, { ...video, bytesReceived: 10_000, packetsReceived: 100, packetsLost: 0, framesDecoded: 30 });
  const after = snapshot(3_000, { ...video, bytesReceived: 260_000, packetsReceived: 290, packetsLost: 10, framesDecoded: 90 });

  const reading = measureStreams(before, after).received.get('1');

  expect(reading?.bitrateBps).toBe(1_000_000);
  expect(reading?.framesPerSecond).toBe(30);
  expect(reading?.lossRatio).toBe(0.05);
});

test('states need no earlier report', () => {
  const after = snapshot(
    1_000,
    { ...video, jitter: 0.004, frameWidth: 1280, frameHeight: 720, framesPerSecond: 25, freezeCount: 2, codecId: 'C1', bytesReceived: 9 },
    { id: 'C1', type: 'codec', mimeType: 'video/VP8' },
  );

  expect(measureStreams(undefined, after).received.get('1')).toEqual({
    mid: '1',
    kind: 'video',
    rid: undefined,
    codec: 'VP8',
    bitrateBps: undefined,
    widthPixels: 1280,
    heightPixels: 720,
    framesPerSecond: 25,
    lossRatio: undefined,
    jitterMs: 4,
    roundTripMs: undefined,
    freezeCount: 2,
    limitedBy: undefined,
  });
});

test('a counter that was reset gives no rate', () => {
  const before = snapshot(1_000, { ...video, bytesReceived: 50_000 });
  const after = snapshot(2_000, { ...video, bytesReceived: 400 });

  expect(measureStreams(before, after).received.get('1')?.bitrateBps).toBeUndefined();
});

test('late packets do not make the loss negative', () => {
  const before = snapshot(1_000, { ...video, packetsReceived: 100, packetsLost: 8 });
  const after = snapshot(2_000, { ...video, packetsReceived: 200, packetsLost: 3 });

  expect(measureStreams(before, after).received.get('1')?.lossRatio).toBe(0);
});

test('a stream without packets has an unknown loss, not zero', () => {
  const silent = { ...video, packetsReceived: 100, packetsLost: 0, bytesReceived: 5_000 };

  const reading = measureStreams(snapshot(1_000, silent), snapshot(2_000, silent)).received.get('1');

  expect(reading?.lossRatio).toBeUndefined();
  expect(reading?.bitrateBps).toBe(0);
});

test('of two streams on one media line, the most recent one counts, whatever their order', () => {
  const old = { ...video, id: 'old', lastPacketReceivedTimestamp: 500, frameWidth: 320 };
  const current = { ...video, id: 'current', lastPacketReceivedTimestamp: 900, frameWidth: 640 };

  expect(measureStreams(undefined, snapshot(1_000, old, current)).received.get('1')?.widthPixels).toBe(640);
  expect(measureStreams(undefined, snapshot(1_000, current, old)).received.get('1')?.widthPixels).toBe(640);
});

test('the round trip is that of the pair in use', () => {
  const after = snapshot(
    1_000,
    { id: 'P1', type: 'candidate-pair', currentRoundTripTime: 0.5, nominated: true, state: 'succeeded' },
    { id: 'P2', type: 'candidate-pair', currentRoundTripTime: 0.012, nominated: true, state: 'succeeded' },
    { id: 'T', type: 'transport', selectedCandidatePairId: 'P2' },
    video,
  );

  const readings = measureStreams(undefined, after);

  expect(readings.transport.roundTripMs).toBe(12);
  expect(readings.received.get('1')?.roundTripMs).toBe(12);
});

test('without a transport entry, as in Firefox, the nominated pair that works is the one in use', () => {
  const after = snapshot(
    1_000,
    { id: 'P1', type: 'candidate-pair', currentRoundTripTime: 0.5, nominated: false, state: 'succeeded' },
    { id: 'P2', type: 'candidate-pair', currentRoundTripTime: 0.02, nominated: true, state: 'succeeded' },
  );

  expect(measureStreams(undefined, after).transport.roundTripMs).toBe(20);
});

test('sent layers are listed largest first, without inactive ones', () => {
  const layer = { type: 'outbound-rtp', kind: 'video', mid: '2' } as const;
  const after = snapshot(
    1_000,
    { ...layer, id: 'q', rid: 'q', frameWidth: 320, active: true },
    { ...layer, id: 'f', rid: 'f', frameWidth: 1280, active: true },
    { ...layer, id: 'h', rid: 'h', frameWidth: 640, active: false },
  );

  expect(
    measureStreams(undefined, after)
      .sent.get('2')
      ?.map(({ rid }) => rid),
  ).toEqual(['f', 'q']);
});

test('loss and round trip of sent streams are those that the other side reports', () => {
  const after = snapshot(
    1_000,
    { id: 'O1', type: 'outbound-rtp', kind: 'audio', mid: '0', qualityLimitationReason: 'none' },
    { id: 'R1', type: 'remote-inbound-rtp', localId: 'O1', fractionLost: 0.25, roundTripTime: 0.03, jitter: 0.001 },
    { id: 'O2', type: 'outbound-rtp', kind: 'video', mid: '1', qualityLimitationReason: 'bandwidth' },
  );

  const { sent } = measureStreams(undefined, after);

  expect(sent.get('0')?.[0]).toMatchObject({ lossRatio: 0.25, roundTripMs: 30, jitterMs: 1, limitedBy: undefined });
  expect(sent.get('1')?.[0]).toMatchObject({ lossRatio: undefined, limitedBy: 'bandwidth' });
});

test.each([
  [3_700_000, undefined],
  [900_000, 'bandwidth'],
])(
  'the bandwidth limit that the browser reports counts only if the path carries less than the targets: %d bit/s of two million',
  (available, limitedBy) => {
    const pair = { type: 'candidate-pair', nominated: true, state: 'succeeded', availableOutgoingBitrate: available } as const;
    const layer = {
      type: 'outbound-rtp',
      kind: 'video',
      mid: '0',
      targetBitrate: 1_000_000,
      qualityLimitationReason: 'bandwidth',
    } as const;
    const after = snapshot(1_000, { id: 'P', ...pair }, { id: 'O1', rid: 'h', ...layer }, { id: 'O2', rid: 'f', ...layer });

    expect(measureStreams(undefined, after).sent.get('0')?.[0]?.limitedBy).toBe(limitedBy);
  },
);

test('entries without the mandatory fields are left out', () => {
  const { entries } = takeSnapshot([null, 'x', { id: 1, type: 'codec', timestamp: 1 }, { id: 'a', type: 'codec', timestamp: 1 }], 1);

  expect([...entries.keys()]).toEqual(['a']);
});
