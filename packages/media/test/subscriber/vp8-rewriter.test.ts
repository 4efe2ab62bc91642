import { Vp8Descriptor } from '@causeway/wire';
import fc from 'fast-check';
import { Vp8Rewriter } from '../../src/subscriber/picture-numbers.ts';

/** Bytes before the payload, as an RTP header would be; they must stay as they are. */
const HEADER = [0x80, 0x60, 0xaa, 0xbb];

interface Vp8Numbers {
  readonly pictureId?: number | undefined;
  readonly tl0PicIdx?: number | undefined;
}

/** A payload with a descriptor of X, I, L and T bits as asked, and three bytes of a keyframe. RFC 7741 §4.2. */
function payloadOf({ pictureId, tl0PicIdx }: Vp8Numbers, isLong = true): Uint8Array {
  const hasPictureId = pictureId !== undefined;
  const hasTl0 = tl0PicIdx !== undefined;
  const bytes = [0x90, (hasPictureId ? 0x80 : 0) | (hasTl0 ? 0x60 : 0)];
  if (hasPictureId) bytes.push(...(isLong ? [0x80 | (pictureId >> 8), pictureId & 0xff] : [pictureId]));
  if (hasTl0) bytes.push(tl0PicIdx, 0x20);
  return Uint8Array.from([...HEADER, ...bytes, 0x10, 0x02, 0x03]);
}

function descriptorOf(packet: Uint8Array): Vp8Descriptor {
  const descriptor = new Vp8Descriptor();
  if (!descriptor.read(packet, HEADER.length, packet.length - HEADER.length)) throw new Error('not a VP8 payload');
  return descriptor;
}

function numbersOf(packet: Uint8Array): Vp8Numbers {
  const descriptor = descriptorOf(packet);
  return { pictureId: descriptor.pictureId, tl0PicIdx: descriptor.tl0PicIdx };
}

function rewrite(rewriter: Vp8Rewriter, epoch: number, numbers: Vp8Numbers, isLong = true): Vp8Numbers {
  const packet = payloadOf(numbers, isLong);
  rewriter.rewrite(packet, HEADER.length, descriptorOf(packet), epoch);
  return numbersOf(packet);
}

describe('Vp8Rewriter', () => {
  test('leaves the numbers of the first source as they are', () => {
    const rewriter = new Vp8Rewriter();
    rewriter.startEpoch(1);

    expect(rewrite(rewriter, 1, { pictureId: 500, tl0PicIdx: 200 })).toEqual({ pictureId: 500, tl0PicIdx: 200 });
    expect(rewrite(rewriter, 1, { pictureId: 501, tl0PicIdx: 201 })).toEqual({ pictureId: 501, tl0PicIdx: 201 });
  });

  test('continues where the source before left off', () => {
    const rewriter = new Vp8Rewriter();
    rewriter.startEpoch(1);
    rewrite(rewriter, 1, { pictureId: 500, tl0PicIdx: 200 });

    rewriter.startEpoch(2);

    expect(rewrite(rewriter, 2, { pictureId: 30_000, tl0PicIdx: 3 })).toEqual({ pictureId: 501, tl0PicIdx: 201 });
    expect(rewrite(rewriter, 2, { pictureId: 30_000, tl0PicIdx: 3 })).toEqual({ pictureId: 501, tl0PicIdx: 201 });
    expect(rewrite(rewriter, 2, { pictureId: 30_001, tl0PicIdx: 4 })).toEqual({ pictureId: 502, tl0PicIdx: 202 });
  });

  test('continues after the newest number, not the last one rewritten', () => {
    const rewriter = new Vp8Rewriter();
    rewriter.startEpoch(1);
    rewrite(rewriter, 1, { pictureId: 500, tl0PicIdx: 200 });
    rewrite(rewriter, 1, { pictureId: 499, tl0PicIdx: 199 });

    rewriter.startEpoch(2);

    expect(rewrite(rewriter, 2, { pictureId: 9, tl0PicIdx: 9 })).toEqual({ pictureId: 501, tl0PicIdx: 201 });
  });

  test('wraps as the receiver expects', () => {
    const rewriter = new Vp8Rewriter();
    rewriter.startEpoch(1);
    rewrite(rewriter, 1, { pictureId: 32_767, tl0PicIdx: 255 });

    rewriter.startEpoch(2);

    expect(rewrite(rewriter, 2, { pictureId: 32_767, tl0PicIdx: 255 })).toEqual({ pictureId: 0, tl0PicIdx: 0 });
    expect(rewrite(rewriter, 2, { pictureId: 0, tl0PicIdx: 0 })).toEqual({ pictureId: 1, tl0PicIdx: 1 });
  });

  test('continues 7-bit picture ids in 7 bits', () => {
    const rewriter = new Vp8Rewriter();
    rewriter.startEpoch(1);
    for (let i = 0; i < 300; i++) rewrite(rewriter, 1, { pictureId: i & 0x7f }, false);

    rewriter.startEpoch(2);

    expect(rewrite(rewriter, 2, { pictureId: 77 }, false)).toEqual({ pictureId: 300 & 0x7f, tl0PicIdx: undefined });
    expect(rewrite(rewriter, 2, { pictureId: 78 }, false)).toEqual({ pictureId: 301 & 0x7f, tl0PicIdx: undefined });
  });

  test('continues 15-bit picture ids after 7-bit ones', () => {
    const rewriter = new Vp8Rewriter();
    rewriter.startEpoch(1);
    rewrite(rewriter, 1, { pictureId: 127 }, false);

    rewriter.startEpoch(2);

    expect(rewrite(rewriter, 2, { pictureId: 9000 })).toEqual({ pictureId: 128, tl0PicIdx: undefined });
  });

  test('rewrites a packet sent again as it did the first time, though the source was switched since', () => {
    const rewriter = new Vp8Rewriter();
    rewriter.startEpoch(1);
    rewrite(rewriter, 1, { pictureId: 500, tl0PicIdx: 200 });
    rewriter.startEpoch(2);
    const first = rewrite(rewriter, 2, { pictureId: 9, tl0PicIdx: 9 });
    rewriter.startEpoch(3);
    rewrite(rewriter, 3, { pictureId: 77, tl0PicIdx: 77 });

    expect(rewrite(rewriter, 2, { pictureId: 9, tl0PicIdx: 9 })).toEqual(first);
    expect(rewrite(rewriter, 3, { pictureId: 78, tl0PicIdx: 78 })).toEqual({ pictureId: 503, tl0PicIdx: 203 });
  });

  test('leaves packets of forgotten epochs, or without numbers, alone', () => {
    const rewriter = new Vp8Rewriter();
    for (let epoch = 1; epoch <= 5; epoch++) {
      rewriter.startEpoch(epoch);
      rewrite(rewriter, epoch, { pictureId: 100 * epoch });
    }
    const packets = [payloadOf({ pictureId: 100 }), payloadOf({})];
    const before = packets.map((packet) => Uint8Array.from(packet));

    rewriter.rewrite(packets[0], HEADER.length, descriptorOf(packets[0]), 1);
    rewriter.rewrite(packets[1], HEADER.length, descriptorOf(packets[1]), 5);

    expect(packets).toEqual(before);
  });

  test('changes nothing outside the two fields', () => {
    const rewriter = new Vp8Rewriter();
    rewriter.startEpoch(1);
    rewrite(rewriter, 1, { pictureId: 1, tl0PicIdx: 1 });
    rewriter.startEpoch(2);
    const packet = payloadOf({ pictureId: 0x1234, tl0PicIdx: 9 });

    rewriter.rewrite(packet, HEADER.length, descriptorOf(packet), 2);

    expect(packet).toEqual(payloadOf({ pictureId: 2, tl0PicIdx: 2 }));
  });

  test('counts frames without a jump through any switches', () => {
    const run = fc.record({ firstPictureId: fc.nat(32_767), firstTl0: fc.nat(255), frames: fc.integer({ min: 1, max: 400 }) });
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 8, size: 'max' }), (runs) => {
        const rewriter = new Vp8Rewriter();
        let expected: Vp8Numbers | undefined;
        runs.forEach(({ firstPictureId, firstTl0, frames }, index) => {
          rewriter.startEpoch(index + 1);
          for (let frame = 0; frame < frames; frame++) {
            const numbers = { pictureId: (firstPictureId + frame) & 0x7fff, tl0PicIdx: (firstTl0 + frame) & 0xff };
            expected =
              expected === undefined
                ? numbers
                : { pictureId: ((expected.pictureId ?? 0) + 1) & 0x7fff, tl0PicIdx: ((expected.tl0PicIdx ?? 0) + 1) & 0xff };
            expect(rewrite(rewriter, index + 1, numbers)).toEqual(expected);
          }
        });
      }),
      { seed: 7, numRuns: 20 },
    );
  });
});
