/** Ways for packets to cross from one thread to another. `sfu` has the one that was chosen; the others are here to be measured beside it. */
import type { MessagePort } from 'node:worker_threads';
import { PacketRingReader, PacketRingWriter } from '@causeway/sfu/packet-ring';

/** What the two threads share. */
export interface CrossingMeans {
  readonly port: MessagePort;
  readonly ring: SharedArrayBuffer;
  /** One 32-bit word to wait on. */
  readonly bell: SharedArrayBuffer;
}

export interface Carrier {
  /** @returns a function that sends packets, as one flush of an engine does */
  openSender(means: CrossingMeans): (packets: readonly Uint8Array[]) => void;
  /** @param take gets each packet on loan, as an engine may have it */
  openReceiver(means: CrossingMeans, take: (packet: Uint8Array) => void): void;
}

const MAX_PACKETS_AT_ONCE = 512;
const LENGTH_BYTES = 2;

/** Nothing crosses: what the two threads cost by themselves. */
const nothing: Carrier = {
  openSender: () => () => undefined,
  openReceiver: () => undefined,
};

/** A buffer for each flush, which changes its owner. */
const transferredBuffer: Carrier = {
  openSender:
    ({ port }) =>
    (packets) => {
      const sizeBytes = packets.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0);
      const flush = new Uint8Array(sizeBytes);
      let end = 0;
      for (const packet of packets) {
        flush[end] = packet.length >> 8;
        flush[end + 1] = packet.length & 0xff;
        flush.set(packet, end + LENGTH_BYTES);
        end += LENGTH_BYTES + packet.length;
      }
      port.postMessage(flush, [flush.buffer]);
    },
  openReceiver({ port }, take) {
    port.on('message', (flush: Uint8Array) => {
      for (let start = 0; start < flush.length; ) {
        const length = ((flush[start] ?? 0) << 8) | (flush[start + 1] ?? 0);
        take(flush.subarray(start + LENGTH_BYTES, start + LENGTH_BYTES + length));
        start += LENGTH_BYTES + length;
      }
    });
  },
};

/** Shared memory; a message wakes the reader, only if it sleeps. What `sfu` does. */
const ringAndPort: Carrier = {
  openSender({ port, ring }) {
    const writer = new PacketRingWriter(ring);
    return (packets) => {
      for (const packet of packets) writer.write(packet, 0, packet.length);
      if (writer.publish()) port.postMessage(0);
    };
  },
  openReceiver({ port, ring }, take) {
    const reader = new PacketRingReader(ring, true);
    const drain = (): void => {
      do reader.drain(take, MAX_PACKETS_AT_ONCE);
      while (!reader.sleep());
    };
    port.on('message', drain);
    drain();
  },
};

/** Shared memory; a change of a word wakes the reader, through a promise. */
const ringAndWaitAsync: Carrier = {
  openSender({ ring, bell }) {
    const writer = new PacketRingWriter(ring);
    const word = new Int32Array(bell);
    return (packets) => {
      for (const packet of packets) writer.write(packet, 0, packet.length);
      writer.publish();
      Atomics.add(word, 0, 1);
      Atomics.notify(word, 0);
    };
  },
  openReceiver({ port, ring, bell }, take) {
    const reader = new PacketRingReader(ring, true);
    const word = new Int32Array(bell);
    // A promise does not keep a thread alive; a port that may be written to does.
    port.ref();
    const drain = (): void => {
      for (;;) {
        const seen = Atomics.load(word, 0);
        reader.drain(take, MAX_PACKETS_AT_ONCE);
        const change = Atomics.waitAsync(word, 0, seen);
        if (!change.async) continue;
        void change.value.then(drain);
        return;
      }
    };
    drain();
  },
};

export const CARRIERS = {
  nothing,
  'transferred buffer': transferredBuffer,
  'ring, woken by a message': ringAndPort,
  'ring, woken by waitAsync': ringAndWaitAsync,
} as const satisfies Readonly<Record<string, Carrier>>;

export type CarrierName = keyof typeof CARRIERS;
