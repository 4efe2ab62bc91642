import fc from 'fast-check';
import type { TrackRecord } from '../../src/registry/index.ts';
import { encodeControlMessage, numberMessage, readControlMessage } from '../../src/relay/links/message-text.ts';
import { tellableTrack } from '../../src/relay/tellable-records.ts';

const text = fc.string({ maxLength: 600 });
const few = <Item>(item: fc.Arbitrary<Item>) => fc.array(item, { maxLength: 40 });
const number = fc.oneof(fc.integer(), fc.maxSafeNat(), fc.double(), fc.constantFrom(0, 1, 64, 65, 255, 90_000, 1_000_000, 1_000_001));
const codec = fc.record({ name: text, clockRateHz: number, channels: number, fmtp: text });

/** Whatever clients have a say in. */
const clientsWords = fc.record({ codecs: few(codec), extensionUris: few(text), rids: few(text), aliases: few(text) });

const RECORD: TrackRecord = {
  appId: 'demo',
  sessionId: 'session-101-5f0e7b0e-7a44-4c3c-8a3e-0d8f6b1f9c11',
  trackId: 'camera',
  aliases: [],
  customTrackName: '',
  mid: '0',
  kind: 'video',
  status: 'active',
  isHidden: false,
  publicationId: 'session-101-5f0e7b0e-7a44-4c3c-8a3e-0d8f6b1f9c11/camera',
  codecs: [],
  extensionUris: [],
  rids: [],
};

test('whatever a client has invented, the other end understands the record of its track', () => {
  fc.assert(
    fc.property(clientsWords, (words) => {
      const track = tellableTrack({ ...RECORD, ...words });

      const written = encodeControlMessage({ type: 'name-taken', followId: 1, track });

      // A record may be too long for one message, which its sender is told; but it must not be misunderstood.
      if (written !== undefined)
        expect(readControlMessage(numberMessage(1, written))).toEqual({
          type: 'message',
          serial: 1,
          message: { type: 'name-taken', followId: 1, track },
        });
      else expect(JSON.stringify(track).length).toBeGreaterThan(15_000);
    }),
    { numRuns: 300, seed: 1 },
  );
});

test('codecs with numbers that no codec has are left out', () => {
  const vp8 = { name: 'VP8', clockRateHz: 90_000, channels: 1, fmtp: '' };

  const { codecs } = tellableTrack({ ...RECORD, codecs: [{ ...vp8, clockRateHz: 2_000_000 }, { ...vp8, channels: 200 }, vp8] });

  expect(codecs).toEqual([vp8]);
});
