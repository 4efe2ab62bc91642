/** Peers that agree to another kind of reports on their path, in a later description, than they sent until then. */
import { Bottleneck, PublishingPeer, type ScriptedPeer, seededRandom, VideoSource, VirtualWorld } from '@causeway/testkit';
import { PLAYOUT_DELAY_URI, TRANSPORT_WIDE_CC_URI, writeNack, writeReceiverReport } from '@causeway/wire';
import { reportByStream } from './report-by-stream.ts';
import { reportTransportWide, transportNumberIn } from './report-transport-wide.ts';

const CALL_MS = 12_000;
/** Ids above 14 require the two-byte form of header extensions. */
const EXTENSION_ID = 16;
const BY_STREAM = { extensions: [], isReportedByStream: true };
const TRANSPORT_WIDE = { extensions: [{ id: EXTENSION_ID, uri: TRANSPORT_WIDE_CC_URI }] };
const NONE = { extensions: [] };
const DELAYED = { extensions: [{ id: 6, uri: PLAYOUT_DELAY_URI }] };
/** A client learns from an answer that its wish is granted. */
const ANSWER_MS = 300;

type Reports = typeof BY_STREAM | typeof TRANSPORT_WIDE | typeof NONE | typeof DELAYED;

/** Alice's camera, ninety packets of 900 bytes a second, and Bob, whose path carries 500 kbit/s. */
class Call {
  readonly world = new VirtualWorld(7);
  readonly alice = this.world.connectPeer('alice');
  readonly publisher: PublishingPeer;
  readonly bob: ScriptedPeer;
  readonly #bobHasRtx: boolean;

  constructor(profile: VirtualWorld['suite']['profile'] = 'AES_CM_128_HMAC_SHA1_80', bobHasRtx = true) {
    this.world.suite.profile = profile;
    this.#bobHasRtx = bobHasRtx;
    this.bob = this.world.connectPeer('bob');
    this.world.publish(this.alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
    this.publisher = new PublishingPeer(this.world, this.alice, new VideoSource({ ssrc: 7, payloadBytes: 900 }));
    for (const peer of [this.alice, this.bob]) this.world.keepAlive(peer, CALL_MS);
  }

  narrowTo(rateBps: number): void {
    this.world.linksOf(this.bob.path).down.bottleneck = new Bottleneck(seededRandom(4), { rateBps, queueMs: 300 });
  }

  agreeTo(reports: Reports): void {
    const rtxSsrc = this.#bobHasRtx ? 71 : undefined;
    this.world.subscribe(this.bob, { sourceTrackId: 'camera', ssrc: 70, rtxSsrc, ...reports });
  }

  /** Bob reports in this way from now on. */
  report(reports: Reports): void {
    if (reports === BY_STREAM) reportByStream(this.world, this.bob, CALL_MS);
    if (reports === TRANSPORT_WIDE) reportTransportWide(this.world, this.bob, CALL_MS, EXTENSION_ID);
  }

  get targetBps(): number | undefined {
    return this.world.engine.snapshot(this.world.nowMs).transports.find(({ transportId }) => transportId === 'bob')?.estimate?.targetBps;
  }

  /** The lowest and the highest estimate while this much time passes. */
  rangeFor(durationMs: number): { readonly least: number; readonly most: number } {
    const targets: number[] = [];
    for (let afterMs = 0; afterMs < durationMs; afterMs += 50) {
      this.publisher.publishFor(50);
      targets.push(this.targetBps ?? Number.NaN);
    }
    return { least: Math.min(...targets), most: Math.max(...targets) };
  }

  hasNumbersSince(fromMs: number): Set<boolean> {
    const packets = this.bob.received.filter(({ atMs }) => atMs >= fromMs);
    return new Set(packets.map(({ extensions }) => transportNumberIn(extensions.get(EXTENSION_ID)) !== undefined));
  }
}

describe.each([
  ['by transport-wide number', 'by stream', BY_STREAM, TRANSPORT_WIDE],
  ['by stream', 'by transport-wide number', TRANSPORT_WIDE, BY_STREAM],
] as const)('a client that reports %s instead of %s from now on', (_, __, before, after) => {
  /** Bob has reported for four seconds in one way, and then in the other for as long. */
  function change() {
    const call = new Call();
    call.narrowTo(500_000);
    call.agreeTo(before);
    call.report(before);
    call.publisher.publishFor(4000);
    const estimated = call.targetBps ?? Number.NaN;
    const changedAtMs = call.world.nowMs;
    call.agreeTo(after);
    const untilAnswer = call.rangeFor(ANSWER_MS);
    call.report(after);
    return { call, estimated, changedAtMs, untilAnswer };
  }

  test('keeps its estimate', () => {
    const { call, estimated, untilAnswer } = change();
    const { least, most } = call.rangeFor(3700);

    expect(estimated).toBeGreaterThan(350_000);
    expect(Math.min(untilAnswer.least, least)).toBeGreaterThan(0.75 * estimated);
    expect(Math.max(untilAnswer.most, most)).toBeLessThan(540_000);
    expect(call.world.engine.drops()['feedback-on-unsent']).toBeLessThan(10);
  });

  test('is estimated by them when the path narrows', () => {
    const { call } = change();
    call.publisher.publishFor(1500);
    call.narrowTo(250_000);
    call.publisher.publishFor(2000);
    const { least, most } = call.rangeFor(3000);

    expect(most).toBeLessThan(300_000);
    expect(least).toBeGreaterThan(100_000);
  });

  test('gets packets with numbers if its reports are by number, and only then', () => {
    const { call, changedAtMs } = change();
    call.publisher.publishFor(1000);

    // What was sent before waits in the queue of the path for up to 300 ms.
    expect(call.hasNumbersSince(changedAtMs + 400)).toEqual(new Set([after === TRANSPORT_WIDE]));
  });
});

test('a client that reports nothing any more is not numbered for, and has no estimate', () => {
  const call = new Call();
  call.agreeTo(TRANSPORT_WIDE);
  call.report(TRANSPORT_WIDE);
  call.publisher.publishFor(2000);
  const estimated = call.targetBps;
  const changedAtMs = call.world.nowMs;
  call.agreeTo(NONE);
  call.publisher.publishFor(1000);

  expect(estimated).toBeDefined();
  expect(call.targetBps).toBeUndefined();
  expect(call.hasNumbersSince(changedAtMs + 50)).toEqual(new Set([false]));
});

test('a client that agrees to transport-wide numbers later is estimated from then on', () => {
  const call = new Call();
  call.narrowTo(500_000);
  call.agreeTo(NONE);
  call.publisher.publishFor(1000);
  call.agreeTo(TRANSPORT_WIDE);
  call.report(TRANSPORT_WIDE);
  call.publisher.publishFor(5000);

  expect(call.targetBps).toBeGreaterThan(200_000);
  expect(call.targetBps).toBeLessThan(520_000);
});

test('reports of the kind that was withdrawn change nothing', () => {
  const call = new Call();
  call.narrowTo(500_000);
  call.agreeTo(BY_STREAM);
  call.report(BY_STREAM);
  call.publisher.publishFor(3000);
  const known = call.targetBps;
  call.agreeTo(TRANSPORT_WIDE);
  const { pathPacketsReceived } = call.world.engine.traffic;
  call.publisher.publishFor(1000);

  expect(call.world.engine.traffic.pathPacketsReceived).toBe(pathPacketsReceived);
  expect(call.world.engine.drops()['feedback-on-unsent']).toBeGreaterThan(5);
  expect(call.targetBps).toBe(known);
});

describe('under AES-GCM without a stream for retransmissions', () => {
  /** How often each packet of before and after the change is received, which Bob asks for again. */
  function copiesAfter(before: Reports, change: (call: Call) => void) {
    const call = new Call('AEAD_AES_128_GCM', false);
    const { world, bob, publisher } = call;
    call.agreeTo(before);
    publisher.publishFor(500);
    const old = bob.received.at(-5)?.sequence;
    change(call);
    publisher.publishFor(500);
    const recent = bob.received.at(-5)?.sequence;
    if (old === undefined || recent === undefined) throw new Error('nothing came');
    bob.sendRtcp(world.nowMs, (out, offset) => writeNack(out, offset, { senderSsrc: 1, mediaSsrc: 70, lost: [old, recent] }));
    publisher.publishFor(300);
    return [old, recent].map((wanted) => bob.received.filter(({ sequence }) => sequence === wanted).length);
  }

  test.each([
    ['numbers begin', BY_STREAM, TRANSPORT_WIDE, [1, 1]],
    ['numbers end', TRANSPORT_WIDE, BY_STREAM, [1, 2]],
    ['nothing changes', BY_STREAM, BY_STREAM, [2, 2]],
  ] as const)('when %s, no packet is sent again with another header', (_, before, after, copies) => {
    expect(copiesAfter(before, (call) => call.agreeTo(after))).toEqual(copies);
  });

  test('when the playout delay changes, neither', () => {
    const reportLoss = ({ world, bob }: Call) => {
      const loss = { ssrc: 70, fractionLost: 128, cumulativeLost: 20, extendedHighestSeq: bob.received.at(-1)?.sequence ?? 0 };
      const report = { ...loss, jitterTicks: 0, lastSenderReport: 0, delaySinceLastSenderReport: 0 };
      bob.sendRtcp(world.nowMs, (out, offset) => writeReceiverReport(out, offset, { senderSsrc: 1, reports: [report] }));
      world.run(100);
    };

    expect(copiesAfter(DELAYED, reportLoss)).toEqual([1, 2]);
    expect(copiesAfter(NONE, () => undefined)).toEqual([2, 2]);
  });
});

test('what a publisher sends is reported to it as it has agreed last', () => {
  const world = new VirtualWorld(7);
  const alice = world.connectPeer('alice');
  const kinds: string[] = [];
  alice.feedbackTaker = {
    takeTransportFeedback: () => kinds.push('by number') > 0,
    takeCongestionFeedback: () => kinds.push('by stream') > 0,
  };
  const camera = { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] };
  let sequence = 0;
  const numbered = { extensions: [{ id: 5, uri: TRANSPORT_WIDE_CC_URI }], transportWideCc: true };
  const kindsAfter = (reports: typeof BY_STREAM | typeof numbered) => {
    world.publish(alice, { ...camera, ...reports });
    world.run(200);
    kinds.length = 0;
    for (let packet = 0; packet < 30; packet++, sequence++) {
      const extensions = new Map(reports === numbered ? [[5, Uint8Array.of(1, sequence)]] : []);
      alice.sendRtp(world.nowMs, { ssrc: 7, payloadType: 96, sequence, timestamp: 0, payload: new Uint8Array(50), extensions });
      world.run(10);
    }
    return new Set(kinds);
  };

  expect(kindsAfter(BY_STREAM)).toEqual(new Set(['by stream']));
  expect(kindsAfter(numbered)).toEqual(new Set(['by number']));
  expect(kindsAfter(BY_STREAM)).toEqual(new Set(['by stream']));
});
