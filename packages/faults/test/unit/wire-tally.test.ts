import { WireTally } from '@causeway/faults';
import { writeRtpHeader } from '@causeway/wire';

function rtp(ssrc: number, sizeBytes: number): Uint8Array {
  const packet = new Uint8Array(sizeBytes);
  writeRtpHeader(packet, 0, false, 96, 1, 0, ssrc);
  return packet;
}

describe('a count of what is on a wire', () => {
  it('tells RTP streams apart, and from everything else', () => {
    const tally = new WireTally();
    const [stun, dtls, rtcp] = [Uint8Array.of(0, 1), Uint8Array.of(22, 254), Uint8Array.of(0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2)];
    for (const datagram of [rtp(7, 100), rtp(9, 50), rtp(7, 100), stun, dtls, rtcp]) tally.add(datagram, 1);

    expect(tally.take().streams).toEqual([
      { ssrc: 7, packets: 2, bytes: 200 },
      { ssrc: 9, packets: 1, bytes: 50 },
    ]);
  });

  it('begins again each time it is taken', () => {
    const tally = new WireTally();
    tally.add(rtp(7, 100), 0);

    expect(tally.take()).toMatchObject({ datagrams: 1, bytes: 100, lost: 1 });
    expect(tally.take()).toEqual({ datagrams: 0, bytes: 0, lost: 0, streams: [] });
  });
});
