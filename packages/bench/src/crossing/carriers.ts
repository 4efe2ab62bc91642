/** Alternatives for passing packets between threads. `sfu` uses one of them; the others are compared with it. */
import type { MessagePort } from 'node:worker_threads';
import { PacketRingReader, PacketRingWriter } from '@causeway/sfu/packet-ring';

/** The means of communication between the two threads. */
export interface CrossingMeans {
  readonly port: MessagePort;
  readonly ring: SharedArrayBuffer;
  /** One 32-bit word to wait on. */
  readonly bell: SharedArrayBuffer;
}

export interface Carrier {
  /** @returns a function that sends packets, as one flush of an engine does */
  openSender(means: CrossingMeans): (packets: readonly Uint8Array[]) => void;
  /** @param take borrows each packet until it returns, as an engine does */
  openReceiver(means: CrossingMeans, take: (packet: Uint8Array) => void): void;
}

const MAX_PACKETS_AT_ONCE = 512;
const LENGTH_BYTES = 2;

/** Passes nothing, to measure the cost of the two threads alone. */
const nothing: Carrier = {
  openSender: () => () => undefined,
  openReceiver: () => undefined,
};

/** Transfers one buffer per flush. */
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

/** Uses shared memory and a message that wakes a sleeping reader, as `sfu` does. */
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

/** Uses shared memory and `Atomics.waitAsync`. */
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
    // A pending promise does not keep a thread alive, but a referenced port does.
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
