/** A process with lean clients, separate from the nodes, so that their cost is not in the nodes' figures. */
import { answerQuestions } from '@causeway/lab';
import { createLoadApi, PublishingClient, repeatConcurrently, type SfuAddress, SimulcastClient } from '@causeway/loadtest';
import { createSecureSuite } from '@causeway/secure';
import type { ClientVerbs } from './client-verbs.ts';
import { DataListener, DataTalker } from './data-talk.ts';
import { runHerd } from './herd.ts';
import { writePublishersOffer } from './publishers-offer.ts';
import { WatchingClient } from './watching-client.ts';

const JOINS_AT_ONCE = 4;

interface Publisher {
  readonly sent: number;
  start(): void;
  pause(): void;
  leave(): Promise<void>;
  vanish(): void;
}

const suite = await createSecureSuite();
const publishers = new Map<string, Publisher[]>();
const watchers = new Map<string, WatchingClient[]>();
const talkers = new Map<string, DataTalker>();
const listeners = new Map<string, DataListener[]>();
/** Bytes received by clients that have left. */
let bytesBefore = 0;

answerQuestions<ClientVerbs>(process, {
  async publish({ group, address, options }) {
    const client = await PublishingClient.join(contextOf(address), options);
    publishersOf(group).push(client);
    return client.track;
  },
  async publishSimulcast({ group, address }) {
    const client = await SimulcastClient.join(contextOf(address));
    publishersOf(group).push(client);
    return client.track;
  },
  start(group) {
    for (const client of publishersOf(group)) client.start();
  },
  pause(group) {
    for (const client of publishersOf(group)) client.pause();
  },
  sent: (group) => publishersOf(group).reduce((sum, { sent }) => sum + sent, 0),
  async watch({ group, address, track, count, quality }) {
    const joined = watchersOf(group);
    await repeatConcurrently(count, JOINS_AT_ONCE, async () => joined.push(await WatchingClient.join(contextOf(address), track, quality)));
  },
  startReports(group) {
    for (const client of watchersOf(group)) client.startReports();
  },
  async talk({ group, address, maxRetransmits }) {
    const talker = await DataTalker.join(contextOf(address), maxRetransmits);
    talkers.set(group, talker);
    return talker.sessionId;
  },
  keepTalking: ({ group, everyMs, messageBytes }) => talkers.get(group)?.begin(everyMs, messageBytes),
  stopTalking: (group) => talkers.get(group)?.end() ?? 0,
  async hear({ group, address, remoteSessionId, count }) {
    const joined = listOf(listeners, group);
    await repeatConcurrently(count, JOINS_AT_ONCE, async () => joined.push(await DataListener.join(contextOf(address), remoteSessionId)));
  },
  heard: (group) => listOf(listeners, group).map((listener) => listener.figures()),
  takeHearingDelaysMs: (group) => listOf(listeners, group).flatMap((listener) => listener.takeDelaysMs()),
  stopHearing(group) {
    for (const listener of listOf(listeners, group)) listener.stopReading();
  },
  beginWindow(group) {
    for (const client of watchersOf(group)) client.beginWindow();
  },
  figures: (group) => watchersOf(group).map((client) => client.figures()),
  receivedBytes: () =>
    [...watchers.values(), ...listeners.values()].flat().reduce((sum, { receivedBytes }) => sum + receivedBytes, bytesBefore),
  async move(group) {
    await Promise.all(watchersOf(group).map((client) => client.move()));
  },
  offer: () => writePublishersOffer(suite),
  herd: (request) => runHerd(request, contextOf, (client) => watchersOf(request.group).push(client)),
  async leave(group) {
    const leaving = [...publishersOf(group).splice(0), ...watchersLeaving(group)];
    await Promise.allSettled(leaving.map((client) => client.leave()));
  },
  vanish(group) {
    for (const client of [...publishersOf(group).splice(0), ...watchersLeaving(group), ...listenersLeaving(group)]) client.vanish();
    talkers.get(group)?.vanish();
    talkers.delete(group);
  },
});
process.once('disconnect', () => process.exit());
process.on('SIGINT', () => {});

function contextOf(address: SfuAddress) {
  return { api: createLoadApi(address), suite };
}

function publishersOf(group: string): Publisher[] {
  return listOf(publishers, group);
}

function watchersOf(group: string): WatchingClient[] {
  return listOf(watchers, group);
}

function watchersLeaving(group: string): WatchingClient[] {
  const leaving = watchersOf(group).splice(0);
  for (const { receivedBytes } of leaving) bytesBefore += receivedBytes;
  return leaving;
}

function listenersLeaving(group: string): DataListener[] {
  const leaving = listOf(listeners, group).splice(0);
  for (const { receivedBytes } of leaving) bytesBefore += receivedBytes;
  return leaving;
}

function listOf<Client>(groups: Map<string, Client[]>, group: string): Client[] {
  const clients = groups.get(group) ?? [];
  groups.set(group, clients);
  return clients;
}
