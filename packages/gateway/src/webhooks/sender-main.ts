/** The thread that sends webhooks, started by `SenderThread`. */
import { parentPort, workerData } from 'node:worker_threads';
import { createAddressPolicy } from './address-policy.ts';
import { HttpSender } from './http-sender.ts';
import type { NumberedReply, NumberedRequest, SenderThreadStart } from './sender-thread.ts';

const { allowed } = workerData as SenderThreadStart;
const sender = new HttpSender({ policy: createAddressPolicy(allowed) });

parentPort?.on('message', ({ no, request }: NumberedRequest) => {
  void sender.send(request).then((reply) => parentPort?.postMessage({ no, reply } satisfies NumberedReply));
});
