import { isAv1Keyframe, isH264Keyframe, isVp8Keyframe, isVp9Keyframe, keyframeDetector } from '@causeway/wire';
import fc from 'fast-check';
import { bytes } from '../bytes.ts';
import { POISONS, poisoned } from '../poison.ts';
import { datagram, SEEDED } from '../seeded.ts';

test.each([
  ['a sequence parameter set alone', '67 42e01f', true],
  ['the first slice of an IDR picture', '65 88 84', true],
  ['a later slice of an IDR picture', '65 42 84', false],
  ['a slice of another picture', '41 9a 24', false],
  ['a picture parameter set', '68 ce 3c80', false],
  ['an aggregate with parameter sets', '78 0004 6742e01f 0003 68ce3c', true],
  ['an aggregate whose second unit is an IDR slice', '78 0002 0910 0003 658884', true],
  ['an aggregate of other slices', '78 0003 419a24 0003 419a24', false],
  ['an aggregate of empty units', '78 0000 0000 0000', false],
  ['an aggregate whose unit runs past the end', '78 00ff 6742e01f', false],
  ['the first fragment of an IDR slice', '7c 85 88', true],
  ['a middle fragment of an IDR slice', '7c 05 88', false],
  ['the last fragment of an IDR slice', '7c 45 88', false],
  ['the first fragment of a later IDR slice', '7c 85 42', false],
  ['the first fragment of another slice', '5c 81 9a', false],
  ['a fragment cut off', '7c 85', false],
  ['a unit cut off', '65', false],
  ['nothing', '', false],
])('H.264: whether %s starts a keyframe', (_, payload, expected) => {
  expect(isH264Keyframe(bytes(payload), 0, bytes(payload).length)).toBe(expected);
});

test.each([
  ['a packet with the N bit', '18 0a0b', true],
  ['a continuation, whatever its N bit', '98 0a0b', false],
  ['a sequence header without the N bit, alone', '10 0a 0b00', true],
  ['a sequence header with its length in front', '20 03 0a0b00 32', true],
  ['a sequence header in a packet that does not count', '00 03 0a0b00', true],
  ['a sequence header behind a temporal delimiter', '20 02 1200 0a0b', true],
  ['a sequence header behind a temporal delimiter, uncounted', '00 02 1200 02 0a0b', true],
  ['a sequence header behind a padded length', '20 8200 1200 0a0b', true],
  ['a frame', '10 32 00', false],
  ['a frame behind a temporal delimiter', '20 02 1200 3200', false],
  ['a temporal delimiter alone', '10 12 00', false],
  ['a length without end', '20 ffffffffff', false],
  ['a length past the end', '20 7f', false],
  ['an aggregation header alone', '10', false],
  ['nothing', '', false],
])('AV1: whether %s starts a keyframe', (_, payload, expected) => {
  expect(isAv1Keyframe(bytes(payload), 0, bytes(payload).length)).toBe(expected);
});

test.each([
  ['vp8', isVp8Keyframe],
  ['vp9', isVp9Keyframe],
  ['h264', isH264Keyframe],
  ['av1', isAv1Keyframe],
  ['opus', undefined],
  ['h265', undefined],
  ['constructor', undefined],
])('the detector of %s', (codecName, detector) => {
  expect(keyframeDetector(codecName)).toBe(detector);
});

test.each(['vp8', 'vp9', 'h264', 'av1'])('%s: any bytes are a keyframe or not, whatever lies around them', (codecName) => {
  const isKeyframe = keyframeDetector(codecName)!;
  fc.assert(
    fc.property(datagram, (payload) => {
      const answers = POISONS.map((poison) => {
        const { buffer, offset } = poisoned(payload, poison);
        return isKeyframe(buffer, offset, payload.length);
      });
      for (const answer of answers) expect(answer).toBe(answers[0]);
    }),
    SEEDED,
  );
});
