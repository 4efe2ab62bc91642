import { freeReceivedRtp } from '../../src/io/free-received-rtp.ts';
import { LOOPBACK, openPeer, openPort, pathOf } from './support/open-port.ts';

/** Of version 2, with nothing behind. */
function rtpPacket(): Buffer {
  const packet = Buffer.from(new ArrayBuffer(12));
  packet[0] = 0x80;
  packet[1] = 96;
  return packet;
}

test('an RTP packet is empty afterwards, anything else as it was', () => {
  const [rtp, rtcp, stun] = [rtpPacket(), rtpPacket(), rtpPacket()] as const;
  rtcp[1] = 200;
  stun[0] = 0;

  for (const datagram of [rtp, rtcp, stun]) freeReceivedRtp(datagram);

  expect([rtp.length, rtcp.length, stun.length]).toEqual([0, 12, 12]);
});

test('memory that is not the packet alone is left to others', () => {
  const memory = Buffer.concat([rtpPacket(), rtpPacket()]);
  const packet = memory.subarray(0, 12);

  freeReceivedRtp(packet);

  expect([packet.length, memory.length]).toEqual([12, 24]);
});

test("what a socket receives is the handler's until it returns; RTP is empty then", async () => {
  const opened = await openPort(0);
  const peer = await openPeer();
  const taken: { readonly datagram: Uint8Array; readonly length: number }[] = [];
  await pathOf(peer, opened);
  const bothTaken = new Promise<void>((resolve) => {
    opened.onDatagram = (_path, datagram) => {
      if (String(datagram) === 'hello') return;
      taken.push({ datagram, length: datagram.length });
      if (taken.length === 2) resolve();
    };
  });

  peer.send(rtpPacket(), opened.port.port, LOOPBACK);
  peer.send(Buffer.from('other'), opened.port.port, LOOPBACK);
  await bothTaken;
  await new Promise(setImmediate);
  peer.close();
  opened.port.close();

  expect(taken.map(({ length }) => length)).toEqual([12, 5]);
  expect(taken.map(({ datagram }) => datagram.length)).toEqual([0, 5]);
});
