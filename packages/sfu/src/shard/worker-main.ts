/** A shard's thread: an engine, its sockets and its time. Started by `WorkerShard`; ends when it is told to, or with what nobody caught. */
import { parentPort, workerData } from 'node:worker_threads';
import { createSecureSuite } from '@causeway/secure';
import { invariant } from '../invariant.ts';
import { createProcessLoad } from '../io/process-load.ts';
import { InlineShard } from './inline-shard.ts';
import { Neighbours } from './neighbours.ts';
import { linkPlan } from './shard-link.ts';
import { createWorkerListener } from './worker-listener.ts';
import type { FromWorker, ShardAnswers, ShardCall, ToWorker, WorkerStart } from './worker-messages.ts';

/** Often enough that two seconds without one mean something. */
const BEAT_INTERVAL_MS = 200;

async function main(): Promise<void> {
  invariant(parentPort !== null, 'this file is run in a worker thread');
  const port = parentPort;
  const start: WorkerStart = workerData;
  const tell = (message: FromWorker): void => port.postMessage(message);
  const neighbours = new Neighbours(start.shardNo, () => performance.now());
  const suite = await createSecureSuite({ certificate: start.certificate });
  const { addresses, port: udpPort, connectPaths, maxConnectedSockets } = start;
  const shard = new InlineShard({ suite, addresses, port: udpPort, connectPaths, maxConnectedSockets, neighbours });
  await shard.open();
  shard.setListener(createWorkerListener((event) => tell({ type: 'event', event })));
  createProcessLoad(start.maxMemoryBytes).start((load) => tell({ type: 'load', load }));
  setInterval(() => tell({ type: 'beat' }), BEAT_INTERVAL_MS);
  port.on('message', (message: ToWorker) => handleMessage(message, shard, neighbours, tell));
  tell({ type: 'ready' });
}

function handleMessage(message: ToWorker, shard: InlineShard, neighbours: Neighbours, tell: (message: FromWorker) => void): void {
  switch (message.type) {
    case 'call':
      return carryOut(message.call, shard, tell);
    case 'ask':
      return void answer(shard, message.question).then((given) => tell({ type: 'answer', id: message.id, answer: given }));
    case 'meet':
      return neighbours.meet(message.channel);
    case 'part':
      return neighbours.part(message.neighbourNo);
    case 'open-link': {
      const path = neighbours.openLink(message.neighbourNo, message.memory);
      if (path !== undefined) shard.openLink(linkPlan(message.transportId), path);
      return;
    }
    case 'close':
      // Nothing that is left in this thread is worth waiting for once the last packets are with the system.
      return void shard.close().then(() => process.exit(0));
  }
}

function carryOut({ verb, args }: ShardCall, shard: InlineShard, tell: (message: FromWorker) => void): void {
  const call = shard[verb] as (...given: typeof args) => void;
  try {
    call.apply(shard, args);
  } catch (error) {
    // An edge: a defect that one session has shown is not the end of the others in this thread.
    tell({ type: 'event', event: { event: 'onDefect', args: [subjectOf(args), error] } });
  }
}

/** The session that a call is about; ids of tracks begin with it. */
function subjectOf([subject]: ShardCall['args']): string {
  if (subject === undefined) return '';
  return typeof subject === 'string' ? subject : subject.transportId;
}

function answer(shard: InlineShard, question: keyof ShardAnswers): Promise<ShardAnswers[keyof ShardAnswers]> {
  if (question === 'settled') return Promise.resolve(undefined);
  return shard[question]();
}

await main();
