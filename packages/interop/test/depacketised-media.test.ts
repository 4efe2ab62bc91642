import { FrameCounter, SampleCounter } from '@causeway/interop';
import { RtpHeader, RtpPacket, Vp8Packetizer } from 'werift';

/** Three frames of three packets each, numbered across the wrap of the sequence number. */
function packetsOfThreeFrames(): RtpPacket[] {
  const packetizer = new Vp8Packetizer({ maxPayloadSize: 100, sequenceNumber: 65_533 });
  return [0, 3000, 6000].flatMap((timestamp) => packetizer.packetize(Buffer.alloc(250, 1), timestamp));
}

function countFrames(packets: readonly RtpPacket[]): number {
  const counter = new FrameCounter('VP8');
  for (const packet of packets) counter.add(packet);
  return counter.frames;
}

describe('frames counted by a subscriber without decoders', () => {
  it('begin after the first marker, because packets before it may be half a frame', () => {
    expect(countFrames(packetsOfThreeFrames())).toBe(2);
  });

  it.each([3, 4, 5])('exclude the frame whose packet %i is missing', (missing) => {
    expect(countFrames(packetsOfThreeFrames().filter((_, index) => index !== missing))).toBeLessThan(2);
  });
});

describe('samples counted by a subscriber without decoders', () => {
  it('are those between consecutive packets, across the wraps', () => {
    const counter = new SampleCounter();
    const received = [
      { sequenceNumber: 65_535, timestamp: 2 ** 32 - 960 },
      { sequenceNumber: 0, timestamp: 0 },
      { sequenceNumber: 2, timestamp: 1920 },
      { sequenceNumber: 3, timestamp: 2880 },
    ];

    for (const header of received) counter.add(new RtpPacket(new RtpHeader(header), Buffer.alloc(1)));

    expect(counter.samples).toBe(1920);
  });
});
