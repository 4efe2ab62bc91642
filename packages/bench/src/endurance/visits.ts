/** Short-lived clients that join, use and leave a node in all ways that might leak something. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createLoadApi,
  type LoadContext,
  LoadSession,
  PublishingClient,
  type RemoteTrack,
  type SfuAddress,
  SubscribingClient,
} from '@causeway/loadtest';
import { type CountingSecureSuite, createSecureSuite } from '@causeway/secure';
import { ChatClient } from './chat-client.ts';

export interface VisitContext extends LoadContext {
  readonly suite: CountingSecureSuite;
  /** A track that is always published. */
  readonly track: RemoteTrack;
}

type Visit = (context: VisitContext) => Promise<void>;

const SILENT_LISTENER = { onSrtp() {}, onSrtcp() {} };
const PUBLISH_MS = 60;
const PUBLISHED = { packetsPerSecond: 100, packetBytes: 600 } as const;
const POLL_MS = 5;
const PATIENCE_MS = 10_000;

/** The five kinds of visits, used in turn. */
const VISITS: readonly Visit[] = [
  async function connectOnly(context) {
    await (await SubscribingClient.join(context, 'count')).leave();
  },
  async function watch(context) {
    const viewer = await SubscribingClient.join(context, 'count');
    await viewer.subscribe(context.track);
    await until('a packet of the track', () => viewer.counts().some(({ unique }) => unique > 0));
    await viewer.leave();
  },
  async function publish(context) {
    const publisher = await PublishingClient.join(context, PUBLISHED);
    publisher.start();
    await sleep(PUBLISH_MS);
    await publisher.leave();
  },
  /** Closes DTLS without calling the API. */
  async function hangUp(context) {
    (await LoadSession.join(context, { listener: SILENT_LISTENER })).peer.close();
  },
  async function chat(context) {
    const chat = new ChatClient();
    const session = await LoadSession.join(context, { listener: chat });
    chat.open(session.peer.endpoint);
    await until('an open data channel', () => chat.say('hello'));
    chat.close();
    await session.leave();
  },
];

/** Makes visits of all kinds in turn. */
export class Visitors {
  readonly #context: VisitContext;
  readonly #host: PublishingClient;
  #next = 0;

  private constructor(context: VisitContext, host: PublishingClient) {
    this.#context = context;
    this.#host = host;
  }

  /** Joins a client that publishes a track until `leave`. */
  static async arrive(address: SfuAddress): Promise<Visitors> {
    const context = { api: createLoadApi(address), suite: await createSecureSuite() };
    const host = await PublishingClient.join(context, PUBLISHED);
    host.start();
    return new Visitors({ ...context, track: host.track }, host);
  }

  async visit(): Promise<void> {
    const visit = VISITS[this.#next++ % VISITS.length];
    await visit?.(this.#context);
  }

  async leave(): Promise<void> {
    await this.#host.leave();
  }
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`There was not ${what} within ${PATIENCE_MS} ms`);
    await sleep(POLL_MS);
  }
}
