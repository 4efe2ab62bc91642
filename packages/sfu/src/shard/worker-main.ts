/**
 * The thread of a shard: an engine, its sockets and its clock. `WorkerShard` starts it. It ends when told to, or with
 * an uncaught exception.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { EngineCommand, EngineEvent } from '@causeway/media';
import { createSecureSuite, noteContextsIn } from '@causeway/secure';
import { invariant } from '../invariant.ts';
import { createProcessLoad } from '../io/process-load.ts';
import { InlineShard } from './inline-shard.ts';
import { Neighbours } from './neighbours.ts';
import { linkPlan } from './shard-link.ts';
import type { FromWorker, ToWorker, WorkerAnswers, WorkerQuestion, WorkerStart } from './worker-shard.ts';

/** Frequent enough that two seconds without one are significant. */
const BEAT_INTERVAL_MS = 200;

async function main(): Promise<void> {
  invariant(parentPort !== null, 'this file is run in a worker thread');
  const port = parentPort;
  const start: WorkerStart = workerData;
  const neighbours = new Neighbours(start.shardNo, () => performance.now());
  noteContextsIn(start.contexts);
  const suite = await createSecureSuite({ certificate: start.certificate });
  const { addresses, port: udpPort, connectPaths, maxConnectedSockets } = start;
  const shard = new InlineShard({ suite, addresses, port: udpPort, connectPaths, maxConnectedSockets, neighbours });
  await shard.open();
  serve(port, shard, neighbours);
  createProcessLoad(start.maxMemoryBytes, shard).start((load) => tell(port, { type: 'load', load }));
  setInterval(() => tell(port, { type: 'beat' }), BEAT_INTERVAL_MS);
  tell(port, { type: 'ready' });
}

type Handlers = { readonly [Type in ToWorker['type']]: (message: Extract<ToWorker, { type: Type }>) => void };

function serve(port: MessagePort, shard: InlineShard, neighbours: Neighbours): void {
  shard.setListener((event) => tellEvent(port, event));
  // A rejected promise has interrupted no work, so the sessions of this thread continue.
  process.on('unhandledRejection', (error) => tellEvent(port, { type: 'defect', transportId: undefined, error }));
  const handlers: Handlers = {
    command: ({ command }) => carryOut(command, shard, port),
    ask: async ({ id, question, transportId }) => tell(port, { type: 'answer', id, answer: await answerOf(shard, question, transportId) }),
    meet: ({ channel }) => neighbours.meet(channel),
    part: ({ neighbourNo }) => neighbours.part(neighbourNo),
    'open-link': ({ neighbourNo, transportId, memory }) => {
      const path = neighbours.openLink(neighbourNo, memory);
      if (path !== undefined) shard.openLink(linkPlan(transportId), path);
    },
    close: async () => {
      await shard.close();
      // Nothing that remains in this thread is worth waiting for.
      process.exit(0);
    },
  };
  port.on('message', (message: ToWorker) => {
    const handle = handlers[message.type] as (message: ToWorker) => void;
    handle(message);
  });
}

function carryOut(command: EngineCommand, shard: InlineShard, port: MessagePort): void {
  try {
    shard.send(command);
  } catch (error) {
    // A defect that one session has caused must not end the others in this thread.
    tellEvent(port, { type: 'defect', transportId: subjectOf(command), error });
  }
}

/** @returns the session that a command concerns, or a track id that begins with it; undefined if it concerns all sessions */
function subjectOf(command: EngineCommand): string | undefined {
  if ('plan' in command) return command.plan.transportId;
  if ('transportId' in command) return command.transportId;
  if ('trackId' in command) return command.trackId;
  if ('publicationId' in command) return command.publicationId;
  return 'subscriptionId' in command ? command.subscriptionId : undefined;
}

async function answerOf(
  shard: InlineShard,
  question: WorkerQuestion,
  transportId: string | undefined,
): Promise<WorkerAnswers[WorkerQuestion]> {
  return question === 'settled' ? undefined : shard.ask(question, transportId);
}

function tellEvent(port: MessagePort, event: EngineEvent): void {
  tell(port, { type: 'event', event: event.type === 'defect' ? { ...event, error: cloneableError(event.error) } : event });
}

/** Copies the parts of an error that can cross a thread boundary. */
function cloneableError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const copy = new Error(error.message);
  copy.name = error.name;
  if (error.stack !== undefined) copy.stack = error.stack;
  return copy;
}

function tell(port: MessagePort, message: FromWorker): void {
  port.postMessage(message);
}

await main();
