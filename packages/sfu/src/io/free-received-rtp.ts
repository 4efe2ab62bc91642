import { classifyDatagram } from '@causeway/media';

/**
 * Frees the memory of a received RTP packet at once, without waiting for the garbage collector: V8 marks its whole heap
 * whenever the memory of buffers has grown by a few megabytes, which costs more than to forward what came in them (docs/performance.md).
 *
 * @param datagram as `dgram` hands it out; if it is RTP, it is empty from then on
 */
export function freeReceivedRtp(datagram: Buffer): void {
  if (classifyDatagram(datagram) !== 'rtp') return;
  // Node gives each datagram memory of its own; if it ever did not, others' must not be taken away.
  if (datagram.buffer.byteLength === datagram.byteLength) (datagram.buffer as ArrayBuffer).transfer(0);
}
