import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel, Worker } from 'node:worker_threads';
import { createRingMemory } from '@causeway/sfu/packet-ring';
import type { CarrierName } from './carriers.ts';
import type { CrossingTask } from './crossing-thread.ts';

export interface CrossingLoad {
  readonly burstsPerSecond: number;
  /** The number of packets for the other thread in one flush of an engine. */
  readonly burstPackets: number;
  readonly packetBytes: number;
}

export interface CrossingSample {
  /** The CPU time of the process: both threads, and this one, which sleeps. */
  readonly cpuMicros: number;
  readonly sent: number;
  readonly received: number;
}

const RING_BYTES = 1 << 20;
const WARM_UP_MS = 1_500;
const BELL_BYTES = 4;

/** Sends packets from one thread to another for `measureMs`. */
export async function measureCrossing(carrier: CarrierName, load: CrossingLoad, measureMs: number): Promise<CrossingSample> {
  const { port1, port2 } = new MessageChannel();
  const shared = { carrier, ...load, ring: createRingMemory(RING_BYTES), bell: new SharedArrayBuffer(BELL_BYTES) };
  const receiver = startThread({ ...shared, side: 'receiver', port: port2 });
  const sender = startThread({ ...shared, side: 'sender', port: port1 });
  try {
    await sleep(WARM_UP_MS);
    const [sentBefore, receivedBefore, cpuBefore] = [await countOf(sender), await countOf(receiver), process.cpuUsage()];
    await sleep(measureMs);
    const cpu = process.cpuUsage(cpuBefore);
    const [sent, received] = [(await countOf(sender)) - sentBefore, (await countOf(receiver)) - receivedBefore];
    return { cpuMicros: cpu.user + cpu.system, sent, received };
  } finally {
    await Promise.all([sender.terminate(), receiver.terminate()]);
  }
}

function startThread(task: CrossingTask): Worker {
  return new Worker(new URL('./crossing-thread.ts', import.meta.url), { workerData: task, transferList: [task.port] });
}

async function countOf(thread: Worker): Promise<number> {
  thread.postMessage('how many?');
  const [count] = (await once(thread, 'message')) as [number];
  return count;
}
