/**
 * What happens to packets that wait when a flush is interrupted, or when more slots are taken than
 * the arena has.
 */
import { Path, SendKind } from '../src/demux/path.ts';
import { DropCounters, DropReason } from '../src/drop-reason.ts';
import { Outbox, type OutboxSink, SendSlots, type WrittenPacket } from '../src/outbox.ts';
import type { PacketArena, ProtectBatch } from '../src/secure-endpoint.ts';
import { TrafficCounters } from '../src/statistics.ts';

const SLOT_BYTES = 16;
const STREAM = { ssrc: 7 };
const PLAIN = 1;
const PROTECTED = 2;

/** A ring of slots whose first byte says whether it holds plain text; protection is an addition. */
class TinyArena implements PacketArena {
  readonly slotSizeBytes = SLOT_BYTES;
  readonly slotCount = 8;
  readonly bytes = new Uint8Array(8 * SLOT_BYTES);
  #next = 0;

  takeSlot(): number {
    const slot = this.#next;
    this.#next = (slot + 1) % this.slotCount;
    return slot * SLOT_BYTES;
  }
}

/** @param transportSequenceOffset where its number belongs; 0 for none */
function packetAt(offset: number, transportSequenceOffset = 0): WrittenPacket {
  return {
    offset,
    headerLength: 12,
    length: SLOT_BYTES,
    kind: SendKind.Video,
    transportSequenceOffset,
    isReportedByStream: false,
    probe: 0,
  };
}

function openOutbox() {
  const arena = new TinyArena();
  const time = { nowMs: 5 };
  const drops = new DropCounters();
  const defects: unknown[] = [];
  /**
   * First bytes of what was sent, with the number of the packet, read when `sendQueued` is called
   * as a socket does.
   */
  const sent: string[] = [];
  const queued: number[] = [];
  const kinds: SendKind[] = [];
  const failures: { protect?: Error; queue?: Error } = {};
  const sink: OutboxSink<Uint8Array> = {
    send: (_path, datagram) => sent.push(`datagram ${datagram[0]}`),
    queue(_path, _bytes, offset, _length, kind) {
      const { queue } = failures;
      if (queue !== undefined && queued.length === 1) throw queue;
      queued.push(offset);
      kinds.push(kind);
    },
    sendQueued() {
      for (const offset of queued.splice(0)) sent.push(`${arena.bytes[offset]} ${arena.bytes[offset + 1]}`);
    },
    discardQueued: () => queued.splice(0),
  };
  const outbox = new Outbox({
    arena,
    time,
    protection: {
      protect({ count, offset, plainLength, protectedLength }: ProtectBatch) {
        if (failures.protect !== undefined) throw failures.protect;
        for (let row = 0; row < count; row++) {
          arena.bytes[offset[row]] += PROTECTED - PLAIN;
          protectedLength[row] = plainLength[row];
        }
        return arena.bytes;
      },
    },
    sink,
    capacity: 4,
    drops,
    traffic: new TrafficCounters(),
    onDefect: (error) => defects.push(error),
  });
  const slots = new SendSlots(arena, [outbox]);
  const path = new Path('192.0.2.1', 5_000);
  const write = (number: number): number => {
    const offset = slots.takeSlot();
    arena.bytes[offset] = PLAIN;
    arena.bytes[offset + 1] = number;
    return offset;
  };
  const add = (number: number): void => outbox.addRtp(path, STREAM, packetAt(write(number)), number, { stamp: () => undefined });
  return { arena, time, outbox, slots, failures, drops, defects, sent, kinds, path, write, add };
}

test('packets whose protection throws are never sent, nor is what comes to lie in their slots', () => {
  const { outbox, slots, failures, drops, defects, sent, add, write } = openOutbox();
  failures.protect = new Error('a defect');
  add(1);
  add(2);
  slots.flush();
  delete failures.protect;
  for (let number = 50; number < 58; number++) write(number);

  add(3);
  slots.flush();

  expect(sent).toEqual([`${PROTECTED} 3`]);
  expect([drops.count(DropReason.Defect), defects, outbox.isEmpty]).toEqual([1, [new Error('a defect')], true]);
});

test('a flush that is interrupted while packets are handed over leaves none of them queued', () => {
  const { slots, failures, defects, sent, add, write } = openOutbox();
  failures.queue = new Error('a defect');
  for (const number of [1, 2, 3]) add(number);
  slots.flush();
  delete failures.queue;
  for (let number = 50; number < 58; number++) write(number);

  add(4);
  slots.flush();

  expect(sent).toEqual([`${PROTECTED} 4`]);
  expect(defects).toHaveLength(1);
});

test('a datagram that the sink throws at is not sent again with every flush', () => {
  const { outbox, slots, defects, path } = openOutbox();
  outbox.addDatagram(path, undefined as unknown as Uint8Array);

  slots.flush();
  slots.flush();

  expect(defects).toHaveLength(1);
});

test.each([1, 3, 4, 5, 8, 20])(
  'a packet that waits is sent before its slot is written again, with %i others written for nothing',
  (wasted) => {
    const { slots, sent, add, write } = openOutbox();

    for (let number = 1; number <= 6; number++) {
      add(number);
      for (let each = 0; each < wasted; each++) write(99);
    }
    slots.flush();

    expect(sent).toEqual([1, 2, 3, 4, 5, 6].map((number) => `${PROTECTED} ${number}`));
  },
);

test('packets are numbered in the order they leave, at the time they do, before they are protected', () => {
  const { arena, time, outbox, path, sent, write } = openOutbox();
  const stamped: (readonly [string, number, number])[] = [];
  const stamperOf = (name: string) => ({
    stamp({ nowMs }: { readonly nowMs: number }, bytes: Uint8Array, offset: number, plainLength: number) {
      stamped.push([name, nowMs, plainLength]);
      // What the packet is told apart by here: it goes through protection.
      bytes[offset] = stamped.length;
    },
  });
  const add = (name: string, isNumbered: boolean) => {
    const offset = write(9);
    outbox.addRtp(path, STREAM, packetAt(offset, isNumbered ? offset + 1 : 0), 1, stamperOf(name));
  };

  add('one', true);
  add('other', false);
  outbox.addRtcp(path, STREAM, write(9), SLOT_BYTES);
  add('one', true);
  time.nowMs = 40;
  outbox.flush();

  expect(stamped).toEqual([
    ['one', 40, SLOT_BYTES],
    ['one', 40, SLOT_BYTES],
  ]);
  expect(sent).toEqual([`${PROTECTED} 1`, `${PROTECTED} 9`, `${PROTECTED} 9`, `${PROTECTED} 2`]);
  expect(arena.bytes[1]).toBe(1);
});

test('a row that a numbered packet had is not numbered for the next one', () => {
  const { outbox, path, write } = openOutbox();
  let stamps = 0;
  const stamper = { stamp: () => stamps++ };
  const first = write(1);
  outbox.addRtp(path, STREAM, packetAt(first, first + 1), 1, stamper);
  outbox.flush();

  outbox.addRtcp(path, STREAM, write(2), SLOT_BYTES);
  outbox.flush();
  outbox.addRtp(path, STREAM, packetAt(write(3)), 2, stamper);
  outbox.flush();

  expect(stamps).toBe(1);
});

test('sealed records leave with the packets of their flush, as they are, and alone when there are none', () => {
  const { outbox, slots, arena, sent, kinds, path, add } = openOutbox();
  const SEALED = 9;
  const addSealed = (number: number): void => {
    const offset = slots.takeSlot();
    arena.bytes.set([SEALED, number], offset);
    outbox.addSealed(path, offset, 2, number === 2 ? SendKind.Data : SendKind.Control);
  };

  add(1);
  addSealed(2);
  outbox.addDatagram(path, Uint8Array.of(3));
  const waiting = outbox.size;
  slots.flush();
  addSealed(4);
  const isEmpty = outbox.isEmpty;
  slots.flush();
  slots.flush();

  expect([waiting, isEmpty]).toEqual([3, false]);
  expect(sent).toEqual(['datagram 3', `${SEALED} 2`, `${PROTECTED} 1`, `${SEALED} 4`]);
  expect(kinds).toEqual([SendKind.Data, SendKind.Video, SendKind.Control]);
});

test('records that fill half the ring are sent before their slots are used again', () => {
  const { outbox, slots, arena, sent, path } = openOutbox();

  for (let number = 0; number < 10; number++) {
    const offset = slots.takeSlot();
    arena.bytes.set([9, number], offset);
    outbox.addSealed(path, offset, 2, SendKind.Data);
  }
  slots.flush();

  expect(sent).toEqual(Array.from({ length: 10 }, (_, number) => `9 ${number}`));
});
