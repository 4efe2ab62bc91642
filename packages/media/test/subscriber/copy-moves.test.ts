import { seededRandom } from '@causeway/testkit';
import type { ExtendedSeq } from '@causeway/wire';
import { findContinuation } from '../../src/subscriber/copy-moves.ts';

const PAYLOAD_BYTES = 1200;
const PACKETS = 100;

/** Packets of one frame under numbers of one way. */
class Copy {
  readonly #first: number;
  readonly #payloads: readonly Uint8Array[];

  constructor(first: number, payloads: readonly Uint8Array[]) {
    this.#first = first;
    this.#payloads = payloads;
  }

  get newest(): ExtendedSeq {
    return (this.#first + this.#payloads.length - 1) as ExtendedSeq;
  }

  reload(sequence: ExtendedSeq) {
    const payload = this.#payloads[sequence - this.#first];
    return payload && { timestamp: 90_000, payload };
  }
}

function continuation(from: Copy, to: Copy): number | undefined {
  return findContinuation(from, to, (copy, sequence) => copy.reload(sequence));
}

test('a way that is half a large keyframe ahead goes on right after what the other has brought', () => {
  const random = seededRandom(1);
  const frame = Array.from({ length: PACKETS }, () => Uint8Array.from({ length: PAYLOAD_BYTES }, () => random() * 256));

  const next = continuation(new Copy(1000, frame.slice(0, PACKETS / 2)), new Copy(60_000, frame));

  expect(next).toBe(60_000 + PACKETS / 2);
});

test.each([
  ['first', 0],
  ['last', PAYLOAD_BYTES - 1],
])('packets that differ in their %s byte alone are not all compared with each other', (_place, place) => {
  const different = (value: number) => new Uint8Array(PAYLOAD_BYTES).fill(value, place, place + 1);
  const common = different(255);
  const reads = { bytes: 0 };
  const counted = (payload: Uint8Array) =>
    new Proxy(payload, {
      get: (target, key) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) reads.bytes++;
        return Reflect.get(target, key, target);
      },
    });
  const payloads = (from: number) => [common, ...Array.from({ length: PACKETS }, (_, index) => different(from + index))].map(counted);

  continuation(new Copy(1000, payloads(0)), new Copy(60_000, payloads(PACKETS)));

  expect(reads.bytes).toBeLessThan(150_000);
});

test('the search for a common packet among those that look alike ends without one', () => {
  const different = (value: number) => new Uint8Array(PAYLOAD_BYTES).fill(value, 0, 1);
  const payloads = (from: number) => [different(255), ...Array.from({ length: PACKETS }, (_, index) => different(from + index))];

  const next = continuation(new Copy(1000, payloads(0)), new Copy(60_000, payloads(PACKETS)));

  expect(next).toBeUndefined();
});
