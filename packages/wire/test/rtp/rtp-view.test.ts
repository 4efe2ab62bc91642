import { peekRtpSeq, peekRtpSsrc, RtpView, rtpHeaderLength } from '@causeway/wire';
import fc from 'fast-check';
import { bytes } from '../bytes.ts';
import { POISONS, poisonedTail } from '../poison.ts';
import { datagram, SEEDED } from '../seeded.ts';

const FIXED = '80 e0 1234 00000064 deadbeef';

function viewOf(packet: Uint8Array): RtpView {
  const view = new RtpView();
  if (!view.read(packet, packet.length)) throw new Error('expected a well-formed packet');
  return view;
}

/** The value of an extension, or undefined. */
function extension(view: RtpView, id: number): Uint8Array | undefined {
  if (!view.findExtension(id)) return undefined;
  return view.bytes.slice(view.extensionOffset, view.extensionOffset + view.extensionLength);
}

test('reads every field of a plain packet', () => {
  const packet = bytes(`${FIXED} 010203`);

  const view = viewOf(packet);

  expect(view).toMatchObject({
    length: 15,
    marker: true,
    payloadType: 0x60,
    sequenceNumber: 0x1234,
    timestamp: 0x64,
    ssrc: 0xdeadbeef,
    headerLength: 12,
    payloadLength: 3,
    paddingLength: 0,
  });
  expect(view.bytes).toBe(packet);
  expect(peekRtpSeq(packet)).toBe(0x1234);
  expect(peekRtpSsrc(packet)).toBe(0xdeadbeef);
});

test('the payload starts after CSRC list and extension block', () => {
  const packet = bytes(`92 60 0001 00000000 00000001  aaaaaaaa bbbbbbbb  bede 0001 10ff 0000  77`);

  const view = viewOf(packet);

  expect(view.headerLength).toBe(28);
  expect(view.payloadLength).toBe(1);
  expect(extension(view, 1)).toEqual(bytes('ff'));
});

test('padding is not payload', () => {
  const view = viewOf(bytes('a0 60 0001 00000000 00000001 4142 000003'));

  expect(view.payloadLength).toBe(2);
  expect(view.paddingLength).toBe(3);
});

test('a packet of padding alone is well-formed, as bandwidth probes are', () => {
  const view = viewOf(bytes('a0 60 0001 00000000 00000001 000003'));

  expect(view.payloadLength).toBe(0);
  expect(view.paddingLength).toBe(3);
});

test('length, not the buffer, ends the packet', () => {
  const view = new RtpView();

  expect(view.read(bytes(`${FIXED} 010203`), 13)).toBe(true);
  expect(view.payloadLength).toBe(1);
});

test.each([
  ['empty', ''],
  ['11 bytes', '80 e0 1234 00000064 deadbe'],
  ['version 0', '00 e0 1234 00000064 deadbeef'],
  ['version 1', '40 e0 1234 00000064 deadbeef'],
  ['version 3', 'c0 e0 1234 00000064 deadbeef'],
  ['CSRC list past the end', '82 e0 1234 00000064 deadbeef 00000001'],
  ['extension header past the end', '90 e0 1234 00000064 deadbeef bede'],
  ['extension block past the end', '90 e0 1234 00000064 deadbeef bede 0002 00000000'],
  ['padding count 0', 'a0 e0 1234 00000064 deadbeef 0102 00'],
  ['padding into the header', 'a0 e0 1234 00000064 deadbeef 0102 04'],
  ['padding bit without a byte to count it', 'a0 e0 1234 00000064 deadbe01'],
])('refuses a packet: %s', (_, packet) => {
  expect(new RtpView().read(bytes(packet), bytes(packet).length)).toBe(false);
});

test('refuses a length beyond the buffer', () => {
  expect(new RtpView().read(bytes(FIXED), 13)).toBe(false);
  expect(rtpHeaderLength(bytes(FIXED), 13)).toBe(-1);
});

test('W01: a forty-byte packet that claims 65,535 words of extensions is refused', () => {
  const packet = new Uint8Array(40);
  packet.set(bytes('90 60 0001 00000000 00000001 bede ffff'));

  expect(rtpHeaderLength(packet, packet.length)).toBe(-1);
  expect(new RtpView().read(packet, packet.length)).toBe(false);
});

test('header length needs no payload', () => {
  expect(rtpHeaderLength(bytes('90 60 0001 00000000 00000001 bede 0001 10ff0000'), 20)).toBe(20);
  expect(rtpHeaderLength(bytes('90 60 0001 00000000 00000001 bede 0000'), 16)).toBe(16);
});

test('finds one-byte extensions among padding', () => {
  const view = viewOf(bytes('90 60 0001 00000000 00000001 bede 0002  10aa 00 21 bbcc 00 00'));

  expect(extension(view, 1)).toEqual(bytes('aa'));
  expect(extension(view, 2)).toEqual(bytes('bbcc'));
});

test('a one-byte extension holds up to 16 bytes', () => {
  const value = '000102030405060708090a0b0c0d0e0f';
  const view = viewOf(bytes(`90 60 0001 00000000 00000001 bede 0005 ef ${value} 000000`));

  expect(extension(view, 14)).toEqual(bytes(value));
});

test('id 15 ends the one-byte form', () => {
  const view = viewOf(bytes('90 60 0001 00000000 00000001 bede 0002  10 aa f0 00  20 bb 0000'));

  expect(extension(view, 1)).toEqual(bytes('aa'));
  expect(extension(view, 15)).toBeUndefined();
  expect(extension(view, 2)).toBeUndefined();
});

test('id 0 with a length ends the one-byte form', () => {
  const view = viewOf(bytes('90 60 0001 00000000 00000001 bede 0002  10 aa 01 0000 20 bb 00'));

  expect(extension(view, 1)).toEqual(bytes('aa'));
  expect(extension(view, 2)).toBeUndefined();
});

test('an extension that runs past its block does not exist, though the payload would supply its bytes', () => {
  const view = viewOf(bytes('90 60 0001 00000000 00000001 bede 0001  10 aa 22 bb  ccddeeff'));

  expect(extension(view, 1)).toEqual(bytes('aa'));
  expect(extension(view, 2)).toBeUndefined();
});

test('finds two-byte extensions: long, empty, high id, and whatever the free bits are', () => {
  const value = '000102030405060708090a0b0c0d0e0f1011';
  const view = viewOf(bytes(`90 60 0001 00000000 00000001 100a 0007 01 12 ${value} 0f 00 00 ff 01 aa 00 00`));

  expect(extension(view, 1)).toEqual(bytes(value));
  expect(extension(view, 15)).toEqual(bytes(''));
  expect(extension(view, 255)).toEqual(bytes('aa'));
  expect(extension(view, 2)).toBeUndefined();
});

test.each([
  ['its length byte', '1000 0001 000000 05'],
  ['its value', '1000 0001 05 04 aabb'],
])('a two-byte extension cut off in %s does not exist', (_, block) => {
  const view = viewOf(bytes(`90 60 0001 00000000 00000001 ${block} 01020304`));

  expect(extension(view, 5)).toBeUndefined();
});

test('the first of two extensions with one id counts', () => {
  const view = viewOf(bytes('90 60 0001 00000000 00000001 bede 0001 10aa 10bb'));

  expect(extension(view, 1)).toEqual(bytes('aa'));
});

test('id 0 is padding, never found', () => {
  expect(extension(viewOf(bytes('90 60 0001 00000000 00000001 bede 0001 00000000')), 0)).toBeUndefined();
  expect(extension(viewOf(bytes('90 60 0001 00000000 00000001 1000 0001 00000000')), 0)).toBeUndefined();
});

test('an extension block of another profile has no elements', () => {
  expect(extension(viewOf(bytes('90 60 0001 00000000 00000001 abac 0001 10aa0000')), 1)).toBeUndefined();
});

test('a view read again forgets the extensions of the packet before', () => {
  const view = viewOf(bytes('90 60 0001 00000000 00000001 bede 0001 10aa0000'));

  view.read(bytes(FIXED), 12);

  expect(view.findExtension(1)).toBe(false);
});

/** Everything a view says of a packet, all extensions included. */
function describePacket(packet: Uint8Array, length: number): unknown {
  const view = new RtpView();
  if (!view.read(packet, length)) return undefined;
  const extensions: unknown[] = [];
  for (let id = 0; id < 256; id++) {
    if (view.findExtension(id)) extensions.push([id, view.extensionOffset, view.extensionLength]);
  }
  const { bytes: _, ...fields } = view;
  return { fields, extensions };
}

test('any bytes are described or refused, and what lies behind them makes no difference', () => {
  fc.assert(
    fc.property(datagram, (packet) => {
      const [first, ...others] = POISONS.map((poison) => describePacket(poisonedTail(packet, poison), packet.length));
      for (const other of others) expect(other).toEqual(first);
    }),
    SEEDED,
  );
});

test('header, payload and padding of any well-formed packet make up its length, extensions lie in the header', () => {
  const likelyPacket = datagram.map((packet) => {
    // Version 2, padding and extension at random, few CSRCs: nearer to what passes.
    if (packet.length > 0) packet[0] = 0x80 | (packet[0] & 0x33);
    if (packet.length > 16 && (packet[0] & 0x13) === 0x10) packet.set([0xbe, 0xde, 0, packet[15] & 0x1f], 12);
    return packet;
  });
  let wellFormed = 0;
  fc.assert(
    fc.property(likelyPacket, (packet) => {
      const view = new RtpView();
      if (!view.read(packet, packet.length)) return;
      wellFormed++;
      expect(view.headerLength + view.payloadLength + view.paddingLength).toBe(packet.length);
      for (let id = 0; id < 256; id++) {
        if (view.findExtension(id)) expect(view.extensionOffset + view.extensionLength).toBeLessThanOrEqual(view.headerLength);
      }
    }),
    SEEDED,
  );
  expect(wellFormed).toBeGreaterThan(100);
});
