/** What a peer inside valid DTLS can do with SCTP: the association closes or ignores it, counts it, and never throws. */
import { seededRandom } from '@causeway/testkit';
import { SctpChunkType } from '@causeway/wire';
import fc from 'fast-check';
import { AssociationPair, type PairOptions } from './association-pair.ts';
import { buildSctp, type Chunk, dataBody, initBody, withChecksum } from './packets.ts';

const WHOLE = 3;
const FIRST = 2;
const MIDDLE = 0;
const LAST = 1;

/** A victim whose peer has gone through the handshake without I-DATA, and knows what to put into packets from then on. */
class Victim {
  readonly pair: AssociationPair;
  readonly tag: number;
  nextTsn: number;
  answers: Uint8Array[] = [];

  constructor(options: PairOptions = {}) {
    this.pair = new AssociationPair(options);
    const { a, b } = this.pair;
    // Takes I-DATA off the offer: supported extensions become an address type list, which means nothing.
    const { deliver } = this.pair.there;
    this.pair.there.deliver = (nowMs, packet) => deliver(nowMs, packet[12] === SctpChunkType.init ? withoutInterleaving(packet) : packet);
    this.pair.back.deliver = (nowMs, packet) => a.association.handlePacket(nowMs, withoutInterleaving(packet));
    a.association.connect(this.pair.nowMs);
    this.pair.run(1000);
    const view = new DataView((a.sent[1] ?? new Uint8Array(16)).buffer);
    this.tag = view.getUint32(4);
    this.nextTsn = new DataView((a.sent[0] ?? new Uint8Array(64)).buffer).getUint32(28);
    b.onSend = (packet) => this.answers.push(packet.slice());
  }

  receive(...chunks: readonly Chunk[]): void {
    this.receivePacket(buildSctp(this.tag, ...chunks));
  }

  receivePacket(packet: Uint8Array): void {
    const { b } = this.pair;
    b.association.handlePacket(this.pair.nowMs, packet);
    if (b.association.nextDeadlineMs <= this.pair.nowMs) b.association.handleTimeout(this.pair.nowMs);
  }

  /** Acknowledges what the victim has sent, and as many TSNs more. */
  sackBody(ahead: number): Uint8Array {
    const initialTsn = new DataView((this.pair.b.sent[0] ?? new Uint8Array(64)).buffer).getUint32(28);
    const body = new Uint8Array(12);
    new DataView(body.buffer).setUint32(0, initialTsn - 1 + ahead);
    return body;
  }

  /** DATA with the next TSN. */
  data(flags: number, bytes: number, streamId = 0, streamSequence = 0): Chunk {
    return { type: SctpChunkType.data, flags, body: dataBody(this.nextTsn++, new Uint8Array(bytes), streamId, streamSequence) };
  }

  /** Whether an honest message still gets through. */
  get isAlive(): boolean {
    const { length } = this.pair.b.messages;
    this.receive({ type: SctpChunkType.data, flags: WHOLE | 4, body: dataBody(this.nextTsn++, Uint8Array.of(1), 1000) });
    return this.pair.b.closed === 0 && this.pair.b.messages.length === length + 1;
  }
}

function withoutInterleaving(packet: Uint8Array): Uint8Array {
  const copy = packet.slice();
  const at = Buffer.from(copy).indexOf(Buffer.from('80080008', 'hex'));
  if (at > 0) copy.set([0x80, 0x09], at);
  return withChecksum(copy);
}

test.each<[string, (victim: Victim) => void]>([
  ['of three bytes', (victim) => victim.receivePacket(new Uint8Array(3))],
  ['with a wrong checksum', (victim) => victim.receivePacket(buildSctp(victim.tag, victim.data(WHOLE, 1)).fill(0xee, 8, 12))],
  ['with a chunk of length 0', (victim) => victim.receive({ type: SctpChunkType.cookieAck, body: new Uint8Array(0), claimedLength: 0 })],
  ['with a chunk that runs past its end', (victim) => victim.receive({ type: 0, body: new Uint8Array(20), claimedLength: 400 })],
  ['with a SACK of what was never sent', (victim) => victim.receive({ type: SctpChunkType.sack, body: victim.sackBody(1000) })],
  ['with an unknown chunk', (victim) => victim.receive({ type: 77, body: new Uint8Array(4) })],
  [
    'with DATA on a stream that nobody announced',
    (victim) => victim.receive({ type: 0, flags: WHOLE, body: dataBody(victim.nextTsn, Uint8Array.of(1), 5000) }),
  ],
  ['with DATA that has no data', (victim) => victim.receive({ type: 0, flags: WHOLE, body: dataBody(victim.nextTsn, new Uint8Array(0)) })],
  ['with I-DATA that was not agreed on', (victim) => victim.receive({ type: SctpChunkType.iData, flags: WHOLE, body: new Uint8Array(40) })],
  ['with I-FORWARD-TSN that was not agreed on', (victim) => victim.receive({ type: SctpChunkType.iForwardTsn, body: new Uint8Array(4) })],
  ['with a request that is none', (victim) => victim.receive({ type: SctpChunkType.reconfig, body: new Uint8Array(20) })],
  [
    'with an INIT in company',
    (victim) => victim.receivePacket(buildSctp(0, { type: 1, body: initBody() }, { type: 11, body: new Uint8Array(0) })),
  ],
  ['with an INIT of tag 0', (victim) => victim.receivePacket(buildSctp(0, { type: 1, body: initBody().fill(0, 0, 4) }))],
  [
    'with a FORWARD-TSN that skips streams nobody has',
    (victim) => victim.receive({ type: SctpChunkType.forwardTsn, body: Uint8Array.of(0, 0, 0, 1, 0xff, 0xff, 0, 1) }),
  ],
])('a packet %s is counted, and data flows on', (_what, attack) => {
  const victim = new Victim();

  attack(victim);

  expect(victim.pair.b.counters.malformedPackets).toBe(1);
  expect(victim.isAlive).toBe(true);
});

test('a chunk that is too far ahead does not take its packet with it: browsers bundle what was lost with what is new', () => {
  const victim = new Victim();
  const far = { type: SctpChunkType.data, flags: WHOLE, body: dataBody(victim.nextTsn + 40_000, Uint8Array.of(2)) };

  victim.receive(victim.data(WHOLE | 4, 10), far);

  expect(victim.pair.b.messages.map(({ data }) => data.length)).toEqual([10]);
  expect(victim.pair.b.counters.overflow).toBe(1);
});

test('packets of another association are counted, and harm nobody', () => {
  const victim = new Victim();

  victim.receivePacket(buildSctp(victim.tag ^ 1, { type: SctpChunkType.abort, body: new Uint8Array(0) }));
  victim.receivePacket(buildSctp(victim.tag ^ 1, { type: SctpChunkType.abort, flags: 1, body: new Uint8Array(0) }));
  victim.receivePacket(buildSctp(0, { type: SctpChunkType.cookieEcho, body: new Uint8Array(60) }));

  expect(victim.pair.b.counters.foreignPackets).toBe(3);
  expect(victim.isAlive).toBe(true);
});

describe('fifty thousand chunks of one byte', () => {
  const CHUNKS_PER_PACKET = 50;

  test.each<[string, (victim: Victim, serial: number) => Chunk]>([
    [
      'every second one missing',
      ({ nextTsn }, serial) => ({ type: 0, flags: WHOLE, body: dataBody(nextTsn + 10 + 2 * serial, Uint8Array.of(1)) }),
    ],
    [
      'in descending order',
      ({ nextTsn }, serial) => ({ type: 0, flags: MIDDLE, body: dataBody(nextTsn + 50_000 - serial, Uint8Array.of(1)) }),
    ],
    [
      'of unordered messages that never end',
      ({ nextTsn }, serial) => ({ type: 0, flags: serial === 0 ? FIRST | 4 : 4, body: dataBody(nextTsn + 1 + serial, Uint8Array.of(1)) }),
    ],
    [
      'waiting behind one that is missing',
      ({ nextTsn }, serial) => ({ type: 0, flags: WHOLE, body: dataBody(nextTsn + 1 + serial, Uint8Array.of(1), 0, serial + 1) }),
    ],
  ])('%s: all but a few thousand are dropped', (_what, chunkOf) => {
    const victim = new Victim();

    for (let serial = 0; serial < 50_000; serial += CHUNKS_PER_PACKET) {
      victim.receive(...Array.from({ length: CHUNKS_PER_PACKET }, (_, index) => chunkOf(victim, serial + index)));
    }

    expect(victim.pair.b.counters.overflow).toBeGreaterThan(50_000 - 9000);
    expect(victim.pair.b.closed).toBe(0);
  });

  test('of one message that grows without gaps: the association ends before they fill the memory', () => {
    const victim = new Victim();

    for (let serial = 0; serial < 50_000 && victim.pair.b.closed === 0; serial += CHUNKS_PER_PACKET) {
      victim.receive(...Array.from({ length: CHUNKS_PER_PACKET }, (_, index) => victim.data(serial + index === 0 ? FIRST : MIDDLE, 1)));
    }

    expect(victim.pair.b.closed).toBe(1);
    expect(victim.answers.at(-1)?.[12]).toBe(SctpChunkType.abort);
  });
});

test.each([
  ['ordered', 0],
  ['unordered', 4],
])('an %s message over 256 KiB is told of once, and its stream is silent until it is reset', (_kind, unordered) => {
  const victim = new Victim();

  for (let serial = 0; serial < 300; serial++)
    victim.receive(victim.data((serial === 0 ? FIRST : serial === 299 ? LAST : MIDDLE) | unordered, 1100, 7));
  victim.receive(victim.data(WHOLE | unordered, 10, 7, 1));

  expect(victim.pair.b.oversized).toEqual([7]);
  expect(victim.pair.b.messages.filter(({ streamId }) => streamId === 7)).toEqual([]);
  expect(victim.isAlive).toBe(true);
});

test('messages of every stream that are begun and never ended end the association, not the memory', () => {
  const victim = new Victim();

  for (let serial = 0; serial < 20_000 && victim.pair.b.closed === 0; serial++)
    victim.receive(victim.data(FIRST, 1100, serial % 1000, serial / 1000));

  expect(victim.pair.b.closed).toBe(1);
});

test('a hundred INITs with other tags while the association is up get their answers, and it goes on', () => {
  const victim = new Victim();
  const random = seededRandom(9);

  for (let turn = 0; turn < 100; turn++) {
    victim.receivePacket(buildSctp(0, { type: SctpChunkType.init, body: initBody().map((byte, at) => (at < 4 ? random() * 256 : byte)) }));
  }

  expect(victim.answers).toHaveLength(100);
  expect(victim.isAlive).toBe(true);
});

test('requests with numbers out of turn are refused, and the next one in turn is carried out', () => {
  const victim = new Victim();
  const sequence = victim.nextTsn;
  const reset = (number: number): Chunk => {
    const body = Buffer.alloc(18);
    body.writeUInt16BE(13, 0);
    body.writeUInt16BE(18, 2);
    body.writeUInt32BE(number >>> 0, 4);
    body.writeUInt32BE((victim.nextTsn - 1) >>> 0, 12);
    body.writeUInt16BE(4, 16);
    return { type: SctpChunkType.reconfig, body: Uint8Array.from(body) };
  };

  victim.receive(reset(sequence + 5));
  victim.receive(reset(sequence - 5));
  const before = [...victim.pair.b.incomingResets];
  victim.receive(reset(sequence));
  victim.receive(reset(sequence));

  expect(before).toEqual([]);
  expect(victim.pair.b.incomingResets).toEqual([4]);
  expect(victim.isAlive).toBe(true);
});

test('packets of a real association, altered but with a right checksum, are never thrown over', () => {
  const pair = AssociationPair.connected();
  for (let serial = 0; serial < 20; serial++)
    pair.send(pair.a, { streamId: serial % 5, data: new Uint8Array(serial * 300 + 1), maxRetransmits: serial % 2 });
  pair.there.impairment = { ...pair.there.impairment, lossProbability: 0.2 };
  pair.a.association.resetStream(pair.nowMs, 3);
  pair.run(5000);
  const recorded = pair.a.sent;
  const changes = fc.array(fc.tuple(fc.nat({ max: 100 }), fc.nat({ max: 255 })), { maxLength: 5 });

  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: recorded.length - 1 }), changes), { maxLength: 20 }), (steps) => {
      const victim = AssociationPair.connected();
      const tag = new DataView((victim.a.sent[1] ?? new Uint8Array(16)).buffer).getUint32(4);
      for (const [which, bytes] of steps) {
        const packet = (recorded[which] ?? new Uint8Array(16)).slice();
        new DataView(packet.buffer).setUint32(4, tag);
        for (const [at, value] of bytes) packet[12 + (at % (packet.length - 12))] = value;
        victim.b.association.handlePacket(victim.nowMs, withChecksum(packet));
      }
      victim.run(100);
    }),
    { seed: 4960, numRuns: 300 },
  );
});
