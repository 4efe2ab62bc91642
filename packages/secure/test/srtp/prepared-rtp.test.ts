import fc from 'fast-check';
import { createAuthenticationKey, InboundGroup } from '../../src/srtp/authentication.ts';
import { SrtpMemory } from '../../src/srtp/srtp-memory.ts';
import { SrtpSuite, type SrtpTransform } from '../../src/srtp/srtp-suite.ts';
import { buildRtp, bytesOf, keysOf, PROFILES } from './packets.ts';
import { referenceProtectRtp } from './reference-srtp.ts';

const PEERS = ['one', 'other'] as const;
const SUITE = { arenaSlots: 8, keystreamPages: 8 };

/** A packet on its way in, among those that come with it. */
const ARRIVAL = fc.record({
  peer: fc.nat({ max: PEERS.length - 1 }),
  ssrc: fc.constantFrom(7, 8),
  /** Behind or ahead of the peer's last; not at all is a repetition. */
  step: fc.constantFrom(1, 1, 1, 2, 0, -1, 40, 3_000),
  damage: fc.constantFrom('none', 'none', 'none', 'tag', 'payload', 'cut', 'sequence number'),
  isPrepared: fc.boolean(),
});
type Arrival = typeof ARRIVAL extends fc.Arbitrary<infer Value> ? Value : never;

function damaged(wire: Buffer, damage: Arrival['damage']): Buffer {
  const packet = Buffer.from(wire);
  if (damage === 'cut') return packet.subarray(0, 15);
  const at = { none: undefined, tag: packet.length - 1, payload: packet.length - 20, 'sequence number': 2 }[damage];
  if (at !== undefined) packet.writeUInt8(packet.readUInt8(at) ^ 0x40, at);
  return packet;
}

describe.each(PROFILES)('packets that are announced, with %s', (profile) => {
  const keys = PEERS.map((peer) => keysOf(profile, peer));

  async function receivers(): Promise<SrtpTransform[]> {
    const suite = await SrtpSuite.create(SUITE);
    return keys.map(({ far }) => {
      const transform = suite.createTransform();
      transform.setKeys(far);
      return transform;
    });
  }

  function wireOf(peer: number, ssrc: number, index: number): Buffer {
    const payload = bytesOf(`${peer} ${ssrc} ${index}`, 20 + (index % 900));
    const { packet, headerLength } = buildRtp({ ssrc, seq: index % 65_536, payload, csrcs: index % 3 });
    return referenceProtectRtp(profile, (keys[peer] as (typeof keys)[number]).near.local, packet, headerLength, index);
  }

  test('are taken and refused as if they were not, whatever comes in what groups', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(ARRIVAL, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 12 }), async (groups) => {
        const [announced, plain] = [await receivers(), await receivers()];
        const last = new Map<string, number>();
        for (const group of groups) {
          const packets = group.map(({ peer, ssrc, step, damage }) => {
            const index = Math.max(0, (last.get(`${peer} ${ssrc}`) ?? 65_000) + step);
            last.set(`${peer} ${ssrc}`, index);
            return damaged(wireOf(peer, ssrc, index), damage);
          });
          const copies = packets.map((packet) => Buffer.from(packet));

          for (const [at, { peer, isPrepared }] of group.entries())
            if (isPrepared) announced[peer]?.inbound.prepareRtp(packets[at] as Buffer);
          const lengths = group.map(({ peer }, at) => announced[peer]?.inbound.unprotectRtp(packets[at] as Buffer));

          expect(lengths).toEqual(group.map(({ peer }, at) => plain[peer]?.inbound.unprotectRtp(copies[at] as Buffer)));
          expect(packets).toEqual(copies);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('a group', () => {
  async function createGroup() {
    const memory = await SrtpMemory.create(SUITE);
    const counts: number[] = [];
    const authenticate = (jobs: number, count: number): void => {
      counts.push(count);
      memory.kernel.authenticate(jobs, count);
    };
    const watched: SrtpMemory = Object.create(memory, { kernel: { value: { ...memory.kernel, authenticate } } });
    return { group: new InboundGroup(watched), counts, key: createAuthenticationKey(memory, Buffer.alloc(20, 1)) };
  }

  test('of four is authenticated in one go, and each is taken once', async () => {
    const { group, counts, key } = await createGroup();
    const packets = [100, 1_200, 40, 1_200].map((length) => Buffer.alloc(length, length));

    for (const packet of packets) group.add(key, packet, packet.length - 10, 0);
    const places = packets.map((packet) => group.take(key, packet, 0));
    const again = packets.map((packet) => group.take(key, packet, 0));

    expect(new Set(places).size).toBe(4);
    expect(places.every((place) => place > 0)).toBe(true);
    expect(again).toEqual([-1, -1, -1, -1]);
    expect(counts).toEqual([4]);
  });

  test('says nothing about a packet under another key or rollover counter, or about an equal one', async () => {
    const { group, counts, key } = await createGroup();
    const { key: other } = await createGroup();
    const packet = Buffer.alloc(100);

    group.add(key, packet, 90, 0);
    const equal = group.take(key, Buffer.alloc(100), 0);
    const later = group.take(key, packet, 1);
    group.add(key, packet, 90, 0);
    const withAnother = group.take(other, packet, 0);

    expect([equal, later, withAnother, counts]).toEqual([-1, -1, -1, []]);
  });

  test('is replaced by the next group once there is no room, or once a packet of it was taken', async () => {
    const { group, counts, key } = await createGroup();
    const packets = Array.from({ length: 7 }, (_, number) => Buffer.alloc(100, number));
    const [first, , , , fifth, sixth, seventh] = packets as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer, Buffer];

    for (const packet of packets.slice(0, 5)) group.add(key, packet, 90, 0);
    const lost = group.take(key, first, 0);
    group.add(key, sixth, 90, 0);
    const found = [fifth, sixth].map((packet) => group.take(key, packet, 0) > 0);
    group.add(key, seventh, 90, 0);
    const last = group.take(key, seventh, 0);

    expect([lost, found, last > 0]).toEqual([-1, [true, true], true]);
    expect(counts).toEqual([2, 1]);
  });
});
