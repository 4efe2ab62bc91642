/** Five minutes of one peer, from counters that a test sets. */
import {
  QUALITY_KEPT_MS,
  QualityHistory,
  SAMPLE_INTERVAL_MS,
  type SampledPeer,
  type SampledPublication,
  type SampledSubscription,
} from '../../src/quality/quality-history.ts';

type Changeable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

class Peer implements SampledPeer {
  hasMeasuredRtt = true;
  rttMs = 40;
  readonly sender: { estimate: SampledPeer['sender']['estimate'] } = {
    estimate: { targetBps: 1_234_567, acknowledgedBps: 900_000, isOverusing: false },
  };
  readonly receive = { tracks: new Set<SampledPublication>() };
  readonly subscriptions = new Map<number, SampledSubscription>();
  readonly camera = { plan: { trackId: 'camera' }, bytesReceived: 0, streams: [{ statistics: { packetsReceived: 0, packetsLost: 0 } }] };
  readonly watched: Changeable<SampledSubscription> = {
    plan: { subscriptionId: 'watched' },
    payloadBytesSent: 0,
    bytesResent: 0,
    layer: { rid: 'h' },
    lastReport: undefined,
  };

  constructor() {
    this.receive.tracks.add(this.camera);
    this.subscriptions.set(70, this.watched);
  }

  /** @param highest of the report, unless there is none */
  report(highest: number, lost: number): void {
    this.watched.lastReport = { extendedHighestSeq: highest, cumulativeLost: lost };
  }
}

const WALL_CLOCK_MS = 1_700_000_000_000;

/** Samples a peer after what each step does to it, five seconds apart. */
function sampled(peer: Peer, ...steps: readonly (() => void)[]) {
  const history = new QualityHistory(0, peer);
  let nowMs = 0;
  for (const step of steps) {
    step();
    nowMs += SAMPLE_INTERVAL_MS;
    history.note(nowMs, peer);
  }
  return history.read(nowMs, WALL_CLOCK_MS);
}

test('a sample says what was carried and lost since the one before it, in which layer', () => {
  const peer = new Peer();

  const samples = sampled(
    peer,
    () => {
      peer.watched.payloadBytesSent = 600_000;
      peer.watched.bytesResent = 25_000;
      peer.report(1_000, 10);
      peer.camera.bytesReceived = 100_000;
      peer.camera.streams = [{ statistics: { packetsReceived: 95, packetsLost: 5 } }];
    },
    () => {
      peer.watched.payloadBytesSent += 62_500;
      peer.watched.layer = { rid: 'q' };
      peer.report(1_200, 60);
      peer.camera.streams = [{ statistics: { packetsReceived: 195, packetsLost: 5 } }];
    },
  );

  const common = { rttMs: 40, estimatedBps: 1_234_567 };
  expect(samples).toEqual([
    {
      atMs: WALL_CLOCK_MS + 5_000,
      ...common,
      publications: [{ id: 'camera', bitrateBps: 160_000, lossRatio: 0.05, rid: undefined }],
      subscriptions: [{ id: 'watched', bitrateBps: 1_000_000, lossRatio: undefined, rid: 'h' }],
    },
    {
      atMs: WALL_CLOCK_MS + 10_000,
      ...common,
      publications: [{ id: 'camera', bitrateBps: 0, lossRatio: 0, rid: undefined }],
      subscriptions: [{ id: 'watched', bitrateBps: 100_000, lossRatio: 0.25, rid: 'q' }],
    },
  ]);
});

test('what is not known is not a zero', () => {
  const peer = new Peer();
  peer.hasMeasuredRtt = false;
  peer.sender.estimate = undefined;
  peer.watched.layer = undefined;

  const [sample] = sampled(peer, () => undefined);

  expect(sample).toMatchObject({ rttMs: undefined, estimatedBps: undefined });
  expect(sample?.publications[0]).toMatchObject({ bitrateBps: 0, lossRatio: undefined });
  expect(sample?.subscriptions[0]).toMatchObject({ lossRatio: undefined, rid: undefined });
});

test.each([
  ['lose more than was sent', 1_010, 500, 1],
  ['lose less than before', 1_100, -3, 0],
  ['go back', 900, 10, undefined],
  ['wrap around', 4, 12, undefined],
  ['repeat itself', 1_000, 10, undefined],
])('a report may %s', (_what, highest, lost, lossRatio) => {
  const peer = new Peer();
  peer.report(1_000, 10);

  const [sample] = sampled(peer, () => peer.report(highest, lost));

  expect(sample?.subscriptions[0]?.lossRatio).toBe(lossRatio);
});

test('counters that fall, since packets were dropped after they were counted, are no negative rate', () => {
  const peer = new Peer();
  peer.watched.payloadBytesSent = 1_000;
  peer.camera.streams = [{ statistics: { packetsReceived: 900, packetsLost: 50 } }];

  const [sample] = sampled(peer, () => {
    peer.watched.payloadBytesSent = 400;
    peer.camera.streams = [{ statistics: { packetsReceived: 20, packetsLost: 0 } }];
  });

  expect(sample?.subscriptions[0]?.bitrateBps).toBe(0);
  expect(sample?.publications[0]?.lossRatio).toBeUndefined();
});

test('a track is in the samples from its beginning on, and in none once it has ended', () => {
  const peer = new Peer();
  const later = { ...peer.watched, plan: { subscriptionId: 'later' }, payloadBytesSent: 50_000 };
  const idsOf = (samples: ReturnType<typeof sampled>) => samples.map(({ subscriptions }) => subscriptions.map(({ id }) => id));
  const add = () => void peer.subscriptions.set(71, later);
  const send = () => {
    later.payloadBytesSent += 62_500;
  };

  const both = sampled(peer, () => undefined, add, send);
  peer.subscriptions.delete(71);
  const one = sampled(
    peer,
    add,
    send,
    () => void peer.subscriptions.delete(71),
    () => undefined,
  );

  expect(idsOf(both)).toEqual([['watched'], ['watched'], ['watched', 'later']]);
  expect(both.at(-1)?.subscriptions[1]?.bitrateBps).toBe(100_000);
  expect(idsOf(one)).toEqual([['watched'], ['watched'], ['watched'], ['watched']]);
});

test('five minutes are kept, however long the session lasts, and nothing older after a pause', () => {
  const peer = new Peer();
  const history = new QualityHistory(0, peer);
  const count = QUALITY_KEPT_MS / SAMPLE_INTERVAL_MS;
  let nowMs = 0;
  for (let sample = 1; sample <= 2 * count + 7; sample++) {
    nowMs += SAMPLE_INTERVAL_MS;
    peer.watched.payloadBytesSent += sample * 1_250;
    history.note(nowMs, peer);
  }

  const samples = history.read(nowMs, 0);

  expect(samples).toHaveLength(count);
  expect(samples.map(({ atMs }) => atMs)).toEqual(samples.map((_, index) => nowMs - (count - 1 - index) * SAMPLE_INTERVAL_MS));
  expect(samples.map(({ subscriptions }) => subscriptions[0]?.bitrateBps)).toEqual(samples.map((_, index) => (count + 8 + index) * 2_000));
  expect(history.read(nowMs + QUALITY_KEPT_MS - SAMPLE_INTERVAL_MS, 0)).toHaveLength(2);
  expect(history.read(nowMs + QUALITY_KEPT_MS + 1, 0)).toEqual([]);
});

test('samples are not taken more often than every five seconds', () => {
  const peer = new Peer();
  const history = new QualityHistory(0, peer);

  for (let nowMs = 900; nowMs <= 11_700; nowMs += 900) history.note(nowMs, peer);

  expect(history.read(11_700, 0).map(({ atMs }) => atMs)).toEqual([5_400, 10_800]);
  expect(history.newest(0)?.atMs).toBe(10_800);
});

test('more layers than there are names for are not named, and the others keep theirs', () => {
  const peer = new Peer();
  const steps = Array.from({ length: 70 }, (_, index) => () => {
    peer.watched.layer = { rid: `r${index}` };
  });

  const history = new QualityHistory(0, peer);
  steps.forEach((step, index) => {
    step();
    history.note((index + 1) * SAMPLE_INTERVAL_MS, peer);
  });

  const rids = history.read(70 * SAMPLE_INTERVAL_MS, 0).map(({ subscriptions }) => subscriptions[0]?.rid);
  expect(rids.slice(0, 54)).toEqual(Array.from({ length: 54 }, (_, index) => `r${index + 10}`));
  expect(rids.slice(54)).toEqual(Array.from({ length: 6 }, () => undefined));
});
