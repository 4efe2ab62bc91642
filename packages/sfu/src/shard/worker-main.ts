/**
 * A shard's thread: an engine, its sockets and its time. Started by `WorkerShard`; ends when it is told to, or with an exception that nobody
 * caught.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { EngineListener } from '@causeway/media';
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
  const neighbours = new Neighbours(start.shardNo, () => performance.now());
  const suite = await createSecureSuite({ certificate: start.certificate, dataChannels: 'at-once' });
  const { addresses, port: udpPort, connectPaths, maxConnectedSockets } = start;
  const shard = new InlineShard({ suite, addresses, port: udpPort, connectPaths, maxConnectedSockets, neighbours });
  await shard.open();
  serve(port, shard, neighbours);
  createProcessLoad(start.maxMemoryBytes, () => shard.takeUplinkLossRatio()).start((load) => tell(port, { type: 'load', load }));
  setInterval(() => tell(port, { type: 'beat' }), BEAT_INTERVAL_MS);
  tell(port, { type: 'ready' });
}

type Handlers = { readonly [Type in ToWorker['type']]: (message: Extract<ToWorker, { type: Type }>) => void };

function serve(port: MessagePort, shard: InlineShard, neighbours: Neighbours): void {
  const listener = createWorkerListener((event) => tell(port, { type: 'event', event }));
  shard.setListener(listener);
  // Nothing was interrupted by it, so the sessions of this thread go on.
  process.on('unhandledRejection', (error) => listener.onDefect(undefined, error));
  const handlers: Handlers = {
    call: ({ call }) => carryOut(call, shard, listener),
    ask: async ({ id, question }) => tell(port, { type: 'answer', id, answer: await answerOf(shard, question) }),
    meet: ({ channel }) => neighbours.meet(channel),
    part: ({ neighbourNo }) => neighbours.part(neighbourNo),
    'open-link': ({ neighbourNo, transportId, memory }) => {
      const path = neighbours.openLink(neighbourNo, memory);
      if (path !== undefined) shard.openLink(linkPlan(transportId), path);
    },
    close: async () => {
      await shard.close();
      // Nothing that is left in this thread is worth waiting for.
      process.exit(0);
    },
  };
  port.on('message', (message: ToWorker) => {
    const handle = handlers[message.type] as (message: ToWorker) => void;
    handle(message);
  });
}

function carryOut({ verb, args }: ShardCall, shard: InlineShard, listener: EngineListener): void {
  const call = shard[verb] as (...given: typeof args) => void;
  try {
    call.apply(shard, args);
  } catch (error) {
    // An edge: a defect that one session has shown is not the end of the others in this thread.
    listener.onDefect(subjectOf(args), error);
  }
}

/** The session that a call is about; ids of tracks begin with it. @returns undefined for calls that are about none */
function subjectOf([subject]: ShardCall['args']): string | undefined {
  if (subject === undefined) return undefined;
  return typeof subject === 'string' ? subject : subject.transportId;
}

async function answerOf(shard: InlineShard, question: keyof ShardAnswers): Promise<ShardAnswers[keyof ShardAnswers]> {
  return question === 'settled' ? undefined : shard[question]();
}

function tell(port: MessagePort, message: FromWorker): void {
  port.postMessage(message);
}

await main();
