import { isVp8Keyframe, overwritePictureId, Vp8Descriptor } from '@causeway/wire';
import fc from 'fast-check';
import { bytes, hex } from '../bytes.ts';
import { POISONS, poisoned } from '../poison.ts';
import { datagram, SEEDED, uint16 } from '../seeded.ts';

/** Frame tag, start code, 640 by 360. */
const KEYFRAME_DATA = '1002 00 9d012a 8002 6801';

function descriptorOf(payloadHex: string): Vp8Descriptor {
  const payload = bytes(payloadHex);
  const descriptor = new Vp8Descriptor();
  if (!descriptor.read(payload, 0, payload.length)) throw new Error('expected a whole descriptor');
  return descriptor;
}

function isKeyframe(payloadHex: string): boolean {
  const payload = bytes(payloadHex);
  return isVp8Keyframe(payload, 0, payload.length);
}

test('reads a descriptor with every field, as Chromium sends it for temporal layers', () => {
  expect(descriptorOf(`90 e0 92ab 17 a0 01`)).toMatchObject({
    isFrameStart: true,
    isKeyframe: false,
    pictureId: 0x12ab,
    pictureIdOffset: 2,
    tl0PicIdx: 0x17,
    tl0PicIdxOffset: 4,
    temporalId: 2,
    isLayerSync: true,
    descriptorLength: 6,
  });
});

test('reads a picture id of seven bits', () => {
  expect(descriptorOf('90 80 2b 01')).toMatchObject({ pictureId: 0x2b, pictureIdOffset: 2, descriptorLength: 3 });
});

test('a descriptor of one byte has no layers and no ids', () => {
  expect(descriptorOf('10 01')).toMatchObject({
    isFrameStart: true,
    pictureId: undefined,
    tl0PicIdx: undefined,
    temporalId: undefined,
    isLayerSync: false,
    descriptorLength: 1,
  });
});

test('a key index alone takes a byte, and gives no temporal layer', () => {
  expect(descriptorOf('90 10 ff 01')).toMatchObject({ temporalId: undefined, isLayerSync: false, descriptorLength: 3 });
});

test('a non-reference frame is recognised', () => {
  expect(descriptorOf('30 01').isNonReference).toBe(true);
  expect(descriptorOf('10 01').isNonReference).toBe(false);
});

test('a keyframe contains its size', () => {
  expect(descriptorOf(`90 80 2b ${KEYFRAME_DATA}`)).toMatchObject({ isKeyframe: true, width: 640, height: 360 });
});

test('scaling bits are not part of the size', () => {
  expect(descriptorOf('10 100200 9d012a 8042 6881')).toMatchObject({ width: 640, height: 360 });
});

test.each([
  ['cut off behind the frame tag', '10 100200'],
  ['with another start code', '10 100200 9d012b 8002 6801'],
])('a keyframe %s is one without a known size', (_, payload) => {
  expect(descriptorOf(payload)).toMatchObject({ isKeyframe: true, width: 0, height: 0 });
});

test.each([
  ['the first packet of a keyframe', `10 ${KEYFRAME_DATA}`, true],
  ['the first packet of a keyframe with all fields', `90 f0 92ab 17 a0 ${KEYFRAME_DATA}`, true],
  ['the first packet of an interframe', '10 11', false],
  ['a later packet of the first partition', `00 ${KEYFRAME_DATA}`, false],
  ['the start of the second partition', `11 ${KEYFRAME_DATA}`, false],
  ['a descriptor without data', '90 80 2b', false],
  ['nothing', '', false],
])('whether %s is a keyframe', (_, payload, expected) => {
  expect(isKeyframe(payload)).toBe(expected);
});

test.each(['', '10', '90 80', '90 80 2b', '90 80 92', '90 80 92ab', '90 e0 92ab 17', '90 e0 92ab 17 a0', '90 00'])(
  'the cut-off descriptor %j is refused',
  (payload) => {
    expect(new Vp8Descriptor().read(bytes(payload), 0, bytes(payload).length)).toBe(false);
  },
);

test('a descriptor read again forgets the packet before', () => {
  const descriptor = descriptorOf(`90 f0 92ab 17 a0 ${KEYFRAME_DATA}`);

  descriptor.read(bytes('00 01'), 0, 2);

  expect(descriptor).toMatchObject({ pictureId: undefined, tl0PicIdx: undefined, temporalId: undefined, width: 0, height: 0 });
});

test('a picture id is overwritten in place, in its own width', () => {
  const long = bytes('90 80 92ab 01');
  const short = bytes('90 80 2b 01');

  overwritePictureId(long, 2, 0x7fff + 2);
  overwritePictureId(short, 2, 0x1ff);

  expect(hex(long)).toBe('9080800101');
  expect(hex(short)).toBe('90807f01');
});

test('an overwritten picture id is read back, and nothing else changes', () => {
  fc.assert(
    fc.property(uint16, (pictureId) => {
      const payload = bytes('90 e0 92ab 17 a0 01');
      const before = descriptorOf('90 e0 92ab 17 a0 01');
      const after = new Vp8Descriptor();

      overwritePictureId(payload, before.pictureIdOffset, pictureId);

      expect(after.read(payload, 0, payload.length)).toBe(true);
      expect(after).toEqual(Object.assign(before, { pictureId: pictureId & 0x7fff }));
    }),
    SEEDED,
  );
});

test('any bytes are read or refused, and what lies around them makes no difference', () => {
  fc.assert(
    fc.property(datagram, (payload) => {
      const readings = POISONS.map((poison) => {
        const { buffer, offset } = poisoned(payload, poison);
        const descriptor = new Vp8Descriptor();
        const ok = descriptor.read(buffer, offset, payload.length);
        if (ok) expect(descriptor.descriptorLength).toBeLessThan(payload.length);
        expect(isVp8Keyframe(buffer, offset, payload.length)).toBe(ok && descriptor.isKeyframe);
        return ok ? descriptor : undefined;
      });
      for (const reading of readings) expect(reading).toEqual(readings[0]);
    }),
    SEEDED,
  );
});
