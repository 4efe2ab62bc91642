import { countReads } from '@causeway/testkit';
import { RtpView, rtpHeaderLength } from '@causeway/wire';
import { RunningCall, UNHARMED } from './running-call.ts';

/**
 * The datagram of W01: 40 bytes, first byte 0x90 (version 2, extension), extension length field as given. In werift one of them kept
 * the event loop busy for up to 175 s, before any authentication.
 */
function extensionBomb(words: number): Uint8Array {
  const datagram = new Uint8Array(40);
  datagram.set([0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0xbe, 0xde, words >> 8, words & 0xff]);
  return datagram;
}

const LENGTHS = [6, 7, 255, 16_383, 32_767, 65_535];

describe('W01: an RTP header extension that says it is longer than the packet', () => {
  test.each(LENGTHS)('of %i words is refused after a look at the fixed fields', (words) => {
    const fits = words === 6;
    const header = countReads(extensionBomb(words));
    const view = countReads(extensionBomb(words));

    const headerLength = rtpHeaderLength(header.bytes, 40);
    const isRead = new RtpView().read(view.bytes, 40);

    expect(headerLength).toBe(fits ? 40 : -1);
    expect(isRead).toBe(fits);
    expect(header.reads).toBeLessThan(10);
    expect(view.reads).toBeLessThan(30);
  });

  test('goes no further than the first byte when a stranger sends it', () => {
    const call = new RunningCall();
    const stranger = call.world.addStranger();

    call.runFor(1000, (nowMs) => {
      for (const words of LENGTHS) stranger.send(nowMs, extensionBomb(words));
    });

    expect(call.harm).toEqual(UNHARMED);
    expect(stranger.received).toEqual([]);
    expect(call.drops('unknown-path')).toBeGreaterThan(100);
    expect(call.drops('rtp-malformed')).toBe(0);
  });

  test('is counted and forgotten when a peer with keys sends it', () => {
    const call = new RunningCall();
    const mallory = call.world.connectPeer('mallory');

    call.runFor(1000, (nowMs) => {
      for (const words of LENGTHS) mallory.sendRaw(nowMs, extensionBomb(words));
    });

    expect(call.harm).toEqual(UNHARMED);
    expect(call.drops('rtp-malformed')).toBeGreaterThan(100);
    expect(call.world.engine.snapshot(call.world.nowMs).transports).toHaveLength(3);
  });
});

describe('a header extension block as long as the packet', () => {
  test.each([
    ['one-byte', 0xbede],
    ['two-byte', 0x1000],
  ])('in %s form costs one pass over its bytes for each id that is looked for', (_form, profile) => {
    const packet = new Uint8Array(1472);
    const words = (packet.length - 16) / 4;
    packet.set([0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, profile >> 8, profile & 0xff, words >> 8, words & 0xff]);
    const counted = countReads(packet);
    const view = new RtpView();
    view.read(counted.bytes, packet.length);
    const readsBefore = counted.reads;

    const isFound = view.findExtension(5);

    expect(isFound).toBe(false);
    expect(counted.reads - readsBefore).toBeGreaterThan(1000);
    expect(counted.reads - readsBefore).toBeLessThanOrEqual(packet.length);
  });
});
