import { isVp9Keyframe, Vp9Descriptor } from '@causeway/wire';
import fc from 'fast-check';
import { bytes } from '../bytes.ts';
import { POISONS, poisoned } from '../poison.ts';
import { datagram, SEEDED } from '../seeded.ts';

function descriptorOf(payloadHex: string): Vp9Descriptor {
  const payload = bytes(payloadHex);
  const descriptor = new Vp9Descriptor();
  if (!descriptor.read(payload, 0, payload.length)) throw new Error('expected a whole descriptor');
  return descriptor;
}

test('reads non-flexible mode with layers, as Chromium sends it', () => {
  // I, P, L, B, E; picture id 0x12ab; tid 2, switching up, sid 1, inter-layer; tl0PicIdx.
  expect(descriptorOf('ec 92ab 53 17 77')).toMatchObject({
    isFrameStart: true,
    isFrameEnd: true,
    isInterPredicted: true,
    isKeyframe: false,
    pictureId: 0x12ab,
    pictureIdOffset: 1,
    temporalId: 2,
    isSwitchingUp: true,
    spatialId: 1,
    isInterLayerPredicted: true,
    tl0PicIdx: 0x17,
    tl0PicIdxOffset: 4,
    isNotUpperLayerReference: false,
    descriptorLength: 5,
  });
});

test('reads flexible mode: no tl0PicIdx, up to three reference bytes', () => {
  // I, P, L, F, B, Z; short picture id; tid 0, sid 0; three references.
  expect(descriptorOf('f9 2b 00 03 05 06 77')).toMatchObject({
    isFrameStart: true,
    isFrameEnd: false,
    pictureId: 0x2b,
    temporalId: 0,
    spatialId: 0,
    tl0PicIdx: undefined,
    tl0PicIdxOffset: 0,
    isNotUpperLayerReference: true,
    descriptorLength: 6,
  });
});

test('reference bytes end with the first that names no other', () => {
  expect(descriptorOf('d0 2b 02 77').descriptorLength).toBe(3);
});

test('there are never more than three reference bytes, whatever they say', () => {
  expect(descriptorOf('d0 2b 03 03 03 03').descriptorLength).toBe(5);
});

test('a descriptor without picture id and layers has one byte', () => {
  expect(descriptorOf('48 77')).toMatchObject({
    pictureId: undefined,
    temporalId: undefined,
    spatialId: undefined,
    isSwitchingUp: false,
    descriptorLength: 1,
  });
});

test('a scalability structure is passed over, its highest layer gives the size', () => {
  // N_S 1 (two layers), Y, G: 320x180 and 640x360; a group of two pictures with one and two references.
  const descriptor = descriptorOf('0a 38 0140 00b4 0280 0168 02 04 01 28 01 02 77');

  expect(descriptor).toMatchObject({ width: 640, height: 360, descriptorLength: 16, isKeyframe: true });
});

test('a scalability structure without sizes and group has one byte', () => {
  expect(descriptorOf('0a 00 77')).toMatchObject({ width: 0, height: 0, descriptorLength: 2 });
});

test.each([
  ['no layers', '08 77', true],
  ['picture id, spatial layer 0', 'a8 92ab 00 17 77', true],
  ['short picture id, spatial layer 0', 'a8 2b 00 17 77', true],
  ['spatial layer 1 of the same picture', 'a8 92ab 03 17 77', false],
  ['a later packet of the frame', 'a0 92ab 00 17 77', false],
  ['an interframe', 'e8 92ab 00 17 77', false],
  ['flexible mode', 'b8 92ab 00 77', true],
])('whether a packet with %s starts a keyframe', (_, payload, expected) => {
  expect(isVp9Keyframe(bytes(payload), 0, bytes(payload).length)).toBe(expected);
  expect(descriptorOf(payload).isKeyframe).toBe(expected);
});

test.each([
  ['empty', ''],
  ['picture id', '80'],
  ['long picture id', '80 92'],
  ['layer indices', '20'],
  ['tl0PicIdx', '20 00'],
  ['references', '50'],
  ['second reference', '50 03'],
  ['scalability structure', '02'],
  ['sizes', '02 10 0140 00'],
  ['picture group', '02 08'],
  ['pictures of the group', '02 08 02 00'],
  ['references of a picture', '02 08 01 0c 0102'],
])('a descriptor cut off in its %s is refused', (_, payload) => {
  expect(new Vp9Descriptor().read(bytes(payload), 0, bytes(payload).length)).toBe(false);
});

test('any bytes are read or refused, and what lies around them makes no difference', () => {
  fc.assert(
    fc.property(datagram, (payload) => {
      const readings = POISONS.map((poison) => {
        const { buffer, offset } = poisoned(payload, poison);
        const descriptor = new Vp9Descriptor();
        const ok = descriptor.read(buffer, offset, payload.length);
        const isKeyframe = isVp9Keyframe(buffer, offset, payload.length);
        if (ok) {
          expect(descriptor.descriptorLength).toBeLessThanOrEqual(payload.length);
          expect(isKeyframe).toBe(descriptor.isKeyframe);
        }
        return { isKeyframe, descriptor: ok ? descriptor : undefined };
      });
      for (const reading of readings) expect(reading).toEqual(readings[0]);
    }),
    SEEDED,
  );
});
