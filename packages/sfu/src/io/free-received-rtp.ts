import { classifyDatagram } from '@causeway/media';

/**
 * Frees the memory of a received RTP packet at once instead of leaving it to the garbage collector. V8 marks its whole
 * heap whenever the memory of buffers has grown by a few megabytes, which costs more than forwarding the packets in
 * them (docs/performance.md).
 *
 * @param datagram as `dgram` returns it; if it is RTP, it is empty afterwards
 */
export function freeReceivedRtp(datagram: Buffer): void {
  if (classifyDatagram(datagram) !== 'rtp') return;
  // Node gives each datagram its own memory. If it ever shares memory, other datagrams must keep theirs.
  if (datagram.buffer.byteLength === datagram.byteLength) (datagram.buffer as ArrayBuffer).transfer(0);
}
