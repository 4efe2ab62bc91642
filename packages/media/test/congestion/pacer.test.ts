import { createPassThroughPacer, type PacketOutlet } from '../../src/congestion/index.ts';
import { Path, SendKind } from '../../src/demux/path.ts';
import { DropCounters, DropReason } from '../../src/drop-reason.ts';

describe('the pass-through pacer', () => {
  const stream = { ssrc: 7 };
  const packet = { offset: 4096, headerLength: 20, length: 1000, kind: SendKind.Video, transportSequenceOffset: 4112 };
  const sender = { stamp: () => undefined };

  test('hands each packet on at once', () => {
    const path = new Path('192.0.2.1', 5000);
    const added: unknown[] = [];
    const outbox: PacketOutlet = { addRtp: (...row) => added.push(row) };
    const pacer = createPassThroughPacer(new DropCounters());

    pacer.release({ sendPath: path, outbox, sender }, stream, packet, 70_000);

    expect(added).toEqual([[path, stream, packet, 70_000, sender]]);
  });

  test('drops a packet for a peer without a path, and counts it', () => {
    const drops = new DropCounters();
    const added: unknown[] = [];
    const outbox: PacketOutlet = { addRtp: (...row) => added.push(row) };
    const pacer = createPassThroughPacer(drops);

    pacer.release({ sendPath: undefined, outbox, sender }, stream, packet, 70_000);

    expect(added).toEqual([]);
    expect(drops.count(DropReason.SendNotReady)).toBe(1);
  });
});
