import fc from 'fast-check';
import { DependencyDescriptor, type DependencyStructure } from '../../src/index.ts';

/** Writes bits, the most significant first. */
class Bits {
  readonly #bits: number[] = [];

  write(value: number, count: number): this {
    for (let bit = count - 1; bit >= 0; bit--) this.#bits.push((value >> bit) & 1);
    return this;
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(Math.ceil(this.#bits.length / 8));
    this.#bits.forEach((bit, index) => {
      bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (bit << (7 - (index & 7)));
    });
    return bytes;
  }
}

const FIRST_TEMPLATE = 60;

/** L2T2 in four templates, S0T0 S0T1 S1T0 S1T1, and two decode targets for each spatial layer; the picture is 1280 x 720. */
function keyframe(): Uint8Array {
  const bits = new Bits().write(0b11, 2).write(FIRST_TEMPLATE, 6).write(7, 16);
  bits.write(0b10000, 5).write(FIRST_TEMPLATE, 6).write(3, 5);
  for (const next of [1, 2, 1, 3]) bits.write(next, 2);
  // The targets are S0 with T0, S0 with all, S1 with T0 and S1 with all. 0 means not present, 1 discardable, 2 switch, 3 required.
  for (const indications of [
    [2, 2, 2, 2],
    [0, 1, 0, 3],
    [0, 0, 2, 2],
    [0, 0, 0, 1],
  ])
    for (const indication of indications) bits.write(indication, 2);
  for (let template = 0; template < 4; template++) bits.write(1, 1).write(3, 4).write(0, 1);
  // Two chains of five possible numbers: 2 is written in two bits. Each target is protected by one of them.
  bits.write(2, 2);
  for (let target = 0; target < 4; target++) bits.write(target & 1, 1);
  for (let count = 0; count < 8; count++) bits.write(1, 4);
  bits.write(1, 1).write(639, 16).write(359, 16).write(1279, 16).write(719, 16);
  return bits.bytes();
}

function read(bytes: Uint8Array, known?: DependencyStructure) {
  const descriptor = new DependencyDescriptor();
  const structure = descriptor.read(bytes, 0, bytes.length, known);
  return { structure, descriptor };
}

test('reads the structure of a keyframe, and the layers of the frames after it', () => {
  const { structure, descriptor } = read(keyframe());
  if (structure === undefined || structure === false) throw new Error('no structure');
  const layersOf = (templateId: number) => {
    const { descriptor } = read(Uint8Array.of(0x80 | templateId, 0, 9), structure);
    return [descriptor.spatialId, descriptor.temporalId, descriptor.isSwitch];
  };

  expect(structure).toMatchObject({ firstTemplateId: FIRST_TEMPLATE, width: 1280, height: 720 });
  expect([descriptor.isFrameStart, descriptor.isFrameEnd, descriptor.frameNumber]).toEqual([true, true, 7]);
  expect([60, 61, 62, 63].map(layersOf)).toEqual([
    [0, 0, true],
    [0, 1, false],
    [1, 0, true],
    [1, 1, false],
  ]);
});

test('template ids count on from the first across 64', () => {
  const { structure } = read(keyframe());
  if (structure === undefined || structure === false) throw new Error('no structure');

  const { descriptor } = read(Uint8Array.of(0x40 | 0, 0, 1), { ...structure, firstTemplateId: 62 });

  expect([descriptor.spatialId, descriptor.temporalId, descriptor.isFrameStart, descriptor.isFrameEnd]).toEqual([1, 0, false, true]);
});

test('gives no layers before a structure has arrived, or for an unknown template', () => {
  const { structure } = read(keyframe());
  if (structure === undefined || structure === false) throw new Error('no structure');

  expect(read(Uint8Array.of(0x80, 0, 1)).descriptor.spatialId).toBeUndefined();
  expect(read(Uint8Array.of(0x80 | 20, 0, 1), structure).descriptor.spatialId).toBeUndefined();
});

test('refuses a structure that is cut off anywhere, and keeps nothing of it', () => {
  const whole = keyframe();
  for (let length = 0; length < whole.length; length++) {
    const { structure } = read(whole.slice(0, length));
    expect(structure === false || (length === 3 && structure === undefined)).toBe(true);
  }
});

test('takes any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 255 }), (bytes) => {
      const { structure } = read(bytes);
      if (structure === undefined || structure === false) return;
      expect(structure.spatialIds.length).toBeLessThanOrEqual(64);
      expect(Math.max(...structure.spatialIds)).toBeLessThan(4);
    }),
  );
});
