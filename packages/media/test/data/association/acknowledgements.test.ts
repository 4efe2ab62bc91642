import { SctpChunkType } from '@causeway/wire';
import { type AssociationEnd, AssociationPair } from './association-pair.ts';
import { chunkTypes, withChecksum } from './packets.ts';

const MESSAGE_BYTES = 16 << 10;
const UNDERWAY_BYTES = 512 << 10;
const DELAY_MS = 25;

function sacksOf(end: AssociationEnd): number {
  return end.sent.filter((packet) => chunkTypes(packet).includes(SctpChunkType.sack)).length;
}

/** Lets ten packets of data come in one turn, without some of them. @returns how many acknowledgements they get */
function sacksForTen(pair: AssociationPair, ...lost: readonly number[]): number {
  const waiting: Uint8Array[] = [];
  pair.a.onSend = (packet) => void waiting.push(packet.slice());
  pair.send(pair.a, { data: new Uint8Array(9 * 1_150) });
  pair.runUntil(() => waiting.length >= 9, 10);
  const before = sacksOf(pair.b);
  for (const [number, packet] of waiting.entries()) if (!lost.includes(number)) pair.b.association.handlePacket(pair.nowMs, packet);
  pair.b.association.handleTimeout(pair.nowMs);
  return sacksOf(pair.b) - before;
}

/** A pair whose path has lost nothing for long. */
function pairOnGoodPath(): AssociationPair {
  const pair = AssociationPair.connected();
  for (let message = 0; message < 60; message++) {
    pair.send(pair.a, { data: new Uint8Array(10 * 1_150) });
    pair.run(100);
  }
  return pair;
}

test('four packets that come in one turn share an acknowledgement', () => {
  expect(sacksForTen(pairOnGoodPath())).toBe(3);
});

test('on a new path every packet gets one', () => {
  expect(sacksForTen(AssociationPair.connected())).toBeGreaterThanOrEqual(9);
});

test('packets behind a gap get one each, though they come in one turn', () => {
  expect(sacksForTen(pairOnGoodPath(), 2)).toBeGreaterThanOrEqual(6);
});

test('on a path that has just lost something every packet gets one', () => {
  const pair = pairOnGoodPath();
  const { onSend } = pair.a;
  sacksForTen(pair, 2);
  pair.a.onSend = onSend;
  pair.run(3_000);

  // The window has shrunk, so fewer than ten have left.
  expect(sacksForTen(pair)).toBeGreaterThanOrEqual(6);
});

test('a packet that comes alone waits for its acknowledgement, but not on such a path', () => {
  const pair = pairOnGoodPath();
  const { onSend } = pair.a;
  const waitMs = (): number => {
    pair.a.onSend = (packet) => {
      // Without the wish for an acknowledgement at once.
      packet[13] = (packet[13] ?? 0) & ~0x08;
      pair.b.association.handlePacket(pair.nowMs, withChecksum(packet));
    };
    pair.send(pair.a, { data: new Uint8Array(100) });
    pair.a.association.handleTimeout(pair.nowMs);
    pair.b.association.handleTimeout(pair.nowMs);
    const dueMs = pair.b.association.nextDeadlineMs - pair.nowMs;
    pair.a.onSend = onSend;
    pair.run(3_000);
    return dueMs;
  };
  expect(waitMs()).toBe(200);
  sacksForTen(pair, 2);
  pair.a.onSend = onSend;
  pair.run(3_000);
  const before = sacksOf(pair.b);

  expect(waitMs()).toBe(Number.POSITIVE_INFINITY);
  expect(sacksOf(pair.b)).toBe(before + 1);
});

describe('where the acknowledgement of a packet that filled a gap may be lost', () => {
  /** A gap is filled with a packet after which nothing follows. @returns the acknowledgements since, and how long after it each left */
  function fillGap(pair: AssociationPair, after?: (atMs: number) => void): { readonly atMs: number; readonly windowBytes: number }[] {
    const waiting: Uint8Array[] = [];
    pair.a.onSend = (packet) => void waiting.push(packet.slice());
    pair.send(pair.a, { data: new Uint8Array(4 * 1_150) });
    pair.runUntil(() => waiting.length >= 4, 10);
    const [first, ...others] = waiting;
    if (first === undefined) throw new Error('nothing was sent');
    // What is sent again would fill the gap before its time.
    pair.a.onSend = () => undefined;
    for (const packet of others) pair.b.association.handlePacket(pair.nowMs, packet);
    pair.b.association.handleTimeout(pair.nowMs);
    const startMs = pair.nowMs;
    const sacks: { readonly atMs: number; readonly windowBytes: number }[] = [];
    pair.b.onSend = (packet) => {
      if (chunkTypes(packet)[0] === SctpChunkType.sack)
        sacks.push({ atMs: pair.nowMs - startMs, windowBytes: new DataView(packet.buffer, packet.byteOffset).getUint32(20) });
    };
    pair.b.association.handlePacket(pair.nowMs, first);
    pair.b.association.handleTimeout(pair.nowMs);
    after?.(startMs);
    pair.run(300);
    return sacks;
  }

  test('another announces the larger window a tenth of a second later', () => {
    const sacks = fillGap(AssociationPair.connected());

    expect(sacks.map(({ atMs }) => atMs)).toEqual([0, 100]);
    const [before = 0, after = 0] = sacks.map(({ windowBytes }) => windowBytes);
    expect(after - before).toBeGreaterThanOrEqual(3 * 1_000);
    expect(after).toBe(5 << 20);
  });

  test('none does where the next packet was acknowledged first', () => {
    const pair = AssociationPair.connected();

    const sacks = fillGap(pair, () => {
      pair.run(50);
      pair.a.onSend = (packet) => pair.b.association.handlePacket(pair.nowMs, packet);
      pair.send(pair.a, { data: new Uint8Array(100) });
      pair.run(1);
      pair.a.onSend = () => undefined;
    });

    expect(sacks.map(({ atMs }) => atMs).filter((atMs) => atMs >= 100)).toEqual([]);
    expect(sacks.at(-1)?.windowBytes).toBe(5 << 20);
  });
});

/** Sends as fast as messages arrive, to a peer that acknowledges every second packet at once, as browsers do. @returns Mbit/s */
function throughputOf(seed: number, arriveEveryMs: number): number {
  const pair = AssociationPair.connected({ seed, link: { delayMs: DELAY_MS, lossProbability: 0.01 } });
  const { association } = pair.b;
  const take = association.handlePacket.bind(association);
  association.handlePacket = (nowMs, packet) => {
    take(nowMs, packet);
    association.handleTimeout(nowMs);
  };
  arriveTogether(pair, arriveEveryMs);
  const durationMs = 20_000;
  let sent = 0;
  for (const startMs = pair.nowMs; pair.nowMs < startMs + durationMs; pair.run(10)) {
    while ((sent - pair.b.messages.length) * MESSAGE_BYTES < UNDERWAY_BYTES && pair.send(pair.a, { data: new Uint8Array(MESSAGE_BYTES) }))
      sent++;
  }
  return (8 * pair.b.messages.length * MESSAGE_BYTES) / durationMs / 1_000;
}

/** What comes back waits for the next of these times, as for a process that has no turn before. */
function arriveTogether(pair: AssociationPair, everyMs: number): void {
  const { association } = pair.a;
  const take = association.handlePacket.bind(association);
  const waiting: Uint8Array[] = [];
  association.handlePacket = (_nowMs, packet) => void waiting.push(packet.slice());
  const deliver = (): void => {
    for (const packet of waiting.splice(0)) take(pair.nowMs, packet);
    pair.after(everyMs, deliver);
  };
  pair.after(everyMs, deliver);
}

test.each([1, 2, 3])('acknowledgements that come together let the window grow as if they came one by one (seed %i)', (seed) => {
  // The limit is 1.22 / sqrt(loss) packets for each round trip (RFC 3819 §A): 2.2 Mbit/s, or 2.0 with the time spent waiting.
  expect(throughputOf(seed, 5)).toBeGreaterThan(1.9);
});
