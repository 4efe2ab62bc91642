import type { ExtendedSeq, TransportFeedback } from '@causeway/wire';
import { createNullEstimator, createPassThroughPacer, type PacketOutlet } from '../../src/congestion/index.ts';
import { Path, SendKind } from '../../src/demux/path.ts';
import { DropCounters, DropReason } from '../../src/drop-reason.ts';

describe('the null estimator', () => {
  test('knows no limit, whatever the feedback says', () => {
    const estimator = createNullEstimator();
    const everythingLost = {
      type: 'transport-feedback',
      statusCount: 100,
      receivedOffsets: new Uint16Array(),
    } as Partial<TransportFeedback>;

    estimator.onPacketSent(0, 1 as ExtendedSeq, 1200);
    estimator.onFeedback(100, everythingLost as TransportFeedback);

    expect(estimator.bitrateBps(100)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the pass-through pacer', () => {
  const stream = { ssrc: 7 };
  const packet = { offset: 4096, headerLength: 20, length: 1000, kind: SendKind.Video };

  test('hands each packet on at once', () => {
    const path = new Path('192.0.2.1', 5000);
    const added: unknown[] = [];
    const outbox: PacketOutlet = { addRtp: (...row) => added.push(row) };
    const pacer = createPassThroughPacer(new DropCounters());

    pacer.release({ sendPath: path, outbox }, stream, packet, 70_000);

    expect(added).toEqual([[path, stream, packet, 70_000]]);
  });

  test('drops a packet for a peer without a path, and counts it', () => {
    const drops = new DropCounters();
    const added: unknown[] = [];
    const outbox: PacketOutlet = { addRtp: (...row) => added.push(row) };
    const pacer = createPassThroughPacer(drops);

    pacer.release({ sendPath: undefined, outbox }, stream, packet, 70_000);

    expect(added).toEqual([]);
    expect(drops.count(DropReason.SendNotReady)).toBe(1);
  });
});
