/** One end of a crossing: it sends bursts at regular intervals, or receives and counts packets. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { createPacedSource } from '@causeway/loadtest';
import { CARRIERS, type CarrierName, type CrossingMeans } from './carriers.ts';

export interface CrossingTask extends CrossingMeans {
  readonly side: 'sender' | 'receiver';
  readonly carrier: CarrierName;
  readonly burstsPerSecond: number;
  readonly burstPackets: number;
  readonly packetBytes: number;
}

/** Packets are copied to a ring of this size, like a publisher's history. */
const KEPT_PACKETS = 512;
const SLOT_BYTES = 1600;

function send({ carrier, burstsPerSecond, burstPackets, packetBytes, ...means }: CrossingTask, owner: MessagePort): void {
  const sendFlush = CARRIERS[carrier].openSender(means);
  const packets = Array.from({ length: burstPackets }, (_, index) => new Uint8Array(packetBytes).fill(index));
  let sent = 0;
  createPacedSource(burstsPerSecond, () => {
    sendFlush(packets);
    sent += packets.length;
  }).start();
  owner.on('message', () => owner.postMessage(sent));
}

function receive({ carrier, ...means }: CrossingTask, owner: MessagePort): void {
  const kept = new Uint8Array(KEPT_PACKETS * SLOT_BYTES);
  const slot = new Uint8Array(SLOT_BYTES);
  let received = 0;
  CARRIERS[carrier].openReceiver(means, (packet) => {
    kept.set(packet, (received++ % KEPT_PACKETS) * SLOT_BYTES);
    // This is the work for the first subscriber. The first read of bytes that another core has written is expensive.
    slot.set(packet);
  });
  owner.on('message', () => owner.postMessage(received));
}

if (parentPort === null) throw new Error('This file is run in a worker thread');
const task: CrossingTask = workerData;
if (task.side === 'sender') send(task, parentPort);
else receive(task, parentPort);
