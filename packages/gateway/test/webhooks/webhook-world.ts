/** Nodes that send webhooks over a model of Redis and books in memory, in virtual time, and a receiver that fails when it is told to. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { createWebhookId, createWebhookSecret, sealWebhookSecret, type Webhook } from '@causeway/accounts';
import { migrate, openDatabase, SqlBooks, SqlWebhooks } from '@causeway/books';
import type { SessionId } from '@causeway/protocol';
import { ModelRedis, type ModelRedisWay } from '@causeway/testkit/model-redis';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { EventDesk } from '../../src/events/event-desk.ts';
import type { WebhookEventSource } from '../../src/webhooks/app-dispatcher.ts';
import type { DeliveryReply, DeliveryRequest, DeliverySender } from '../../src/webhooks/delivery-sender.ts';
import { WebhookDesk } from '../../src/webhooks/webhook-desk.ts';
import { NodeClock } from '../simulation/node-clock.ts';
import { EVENT_APP, EventNode } from '../support/event-node.ts';

const KEY: KeyObject = createSecretKey(Buffer.alloc(32, 7));
const STEP_MS = 1_000;
const RENAMED = { type: 'track.renamed', trackId: 'camera', mid: '0', kind: 'video' } as const;

/** What a receiver was sent. */
export interface Delivered {
  readonly messageId: string;
  readonly type: string;
  readonly sessionId: string;
  /** That tells the event from all others; NaN for none. */
  readonly number: number;
  readonly atMs: number;
}

/** Takes what it is sent, or fails. */
export class Receiver implements DeliverySender {
  readonly taken: Delivered[] = [];
  attempts = 0;
  status: (event: Delivered) => number = () => 200;
  /** Called when an event has been taken, before the node hears of it. */
  onTaken: (event: Delivered) => void = () => undefined;
  readonly #clock: NodeClock;

  constructor(clock: NodeClock, shared?: Receiver) {
    this.#clock = clock;
    if (shared !== undefined) this.taken = shared.taken;
  }

  async send({ headers, body }: DeliveryRequest): Promise<DeliveryReply> {
    const { type, data } = JSON.parse(body) as { type: string; data: { sessionId?: string; customTrackName?: string } };
    const event = {
      messageId: headers['webhook-id'] ?? '',
      type,
      sessionId: data.sessionId ?? '',
      number: Number(data.customTrackName),
      atMs: this.#clock.wallClockMs(),
    };
    this.attempts++;
    await this.#wait(20);
    const status = this.status(event);
    if (status === 200) this.taken.push(event);
    if (status === 200) this.onTaken(event);
    await this.#wait(20);
    return { type: 'reply', status, durationMs: 40, excerpt: '', retryAfterMs: undefined };
  }

  async close(): Promise<void> {}

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.schedule(ms, resolve));
  }
}

interface WebhookNode {
  /** Undefined where the log of events is in the process. */
  readonly events: EventNode | undefined;
  readonly desk: WebhookDesk;
  readonly receiver: Receiver;
  readonly clock: NodeClock;
}

export class WebhookWorld {
  readonly clock = new VirtualClock();
  readonly redis = new ModelRedis({ clock: this.clock, random: () => 0.5 });
  readonly database: ReturnType<typeof openDatabase> = openDatabase({ kind: 'file', path: ':memory:' });
  readonly webhooks = new SqlWebhooks(this.database, () => this.clock.wallClockMs());
  readonly nodes: WebhookNode[] = [];
  readonly disabled: string[] = [];
  readonly defects: unknown[] = [];
  way: ModelRedisWay = { state: 'open', oneWayMs: 1 };
  status: Receiver['status'] = () => 200;
  #receiver: Receiver | undefined;
  #shared: EventDesk | undefined;
  numbers = 0;

  /** @param log where the events of all nodes are: in Redis, or for long tests in one place, without what a cluster does all the time */
  static async start(nodes: number, log: 'redis' | 'shared' = 'redis'): Promise<WebhookWorld> {
    const world = new WebhookWorld();
    if (log === 'shared') world.#shared = new EventDesk({ nodeNo: 1, wallClock: () => world.clock.wallClockMs() });
    await migrate(world.database, 'sqlite');
    const books = new SqlBooks(world.database, () => world.clock.wallClockMs());
    const { id: orgId } = await books.createOrg('Example', { kind: 'operator' });
    await books.createApp({ orgId, id: EVENT_APP, name: 'Simulated' }, { kind: 'operator' });
    for (let index = 0; index < nodes; index++) await world.startNode(index);
    return world;
  }

  /** @param former the life before, if its folder was kept */
  async startNode(index: number, former?: WebhookNode): Promise<void> {
    const clock = new NodeClock(this.clock);
    const events = this.#shared === undefined ? await this.#startEvents(index, clock, former) : undefined;
    this.#startDesk(index, clock, events);
  }

  async #startEvents(index: number, clock: NodeClock, former: WebhookNode | undefined): Promise<EventNode> {
    const starting = EventNode.start({
      nodeNo: index + 1,
      clock,
      redis: this.redis,
      way: () => this.way,
      ...(former?.events !== undefined && { former: [former.events.events.left] }),
    });
    await this.clock.advance(1_000);
    return starting;
  }

  #startDesk(index: number, clock: NodeClock, events: EventNode | undefined): void {
    const receiver = new Receiver(clock, this.#receiver);
    this.#receiver ??= receiver;
    receiver.status = (event) => this.status(event);
    const desk = new WebhookDesk({
      books: this.webhooks,
      events: this.#sourceOf(events),
      sender: receiver,
      sealingKey: KEY,
      clock,
      random: () => 0.5,
      name: `node-${index}-${clock.nowMs()}`,
      onDisabled: (_appId, { webhookId, reason }) => this.disabled.push(`${webhookId}: ${reason}`),
      onDefect: (error) => this.defects.push(error),
    });
    desk.start();
    this.nodes[index] = { events, desk, receiver, clock };
  }

  #sourceOf(events: EventNode | undefined): WebhookEventSource {
    return {
      isAlone: false,
      follow: (appId, place, sink) => {
        const feed = events?.events.feed;
        if (feed === undefined) return this.#shared?.follow(appId, place, sink) ?? (() => undefined);
        feed.join(sink, place.position ?? `${place.sinceMs - 2_000}-0`);
        return () => feed.leave(sink);
      },
    };
  }

  /** All that was taken, on whichever node it was sent. */
  get taken(): readonly Delivered[] {
    return this.#receiver?.taken ?? [];
  }

  /** The one that sends. */
  get lead(): WebhookNode {
    const [leading] = this.nodes.filter(({ desk, clock }) => !clock.isEnded && desk.report().apps > 0);
    if (leading === undefined) throw new Error('no node leads');
    return leading;
  }

  async createWebhook(events: readonly string[] = ['*']): Promise<Webhook> {
    const id = createWebhookId();
    const sealedSecret = sealWebhookSecret(createWebhookSecret(), id, 1, KEY);
    const wanted = { id, appId: EVENT_APP, url: 'https://example.org/', description: '', events, sealedSecret };
    const webhook = await this.webhooks.createWebhook(wanted, { kind: 'operator' });
    await this.pass(10_000);
    return webhook;
  }

  note(index: number, session = 'a'): void {
    const living = this.nodes.filter(({ clock }) => !clock.isEnded);
    const node = living[index % living.length] as WebhookNode;
    // A session is on one node.
    const sessionId = `session-${this.nodes.indexOf(node) + 1}-${session}` as SessionId;
    const number = ++this.numbers;
    if (node.events !== undefined) node.events.events.note({ type: 'track.renamed', sessionId }, number);
    else this.#shared?.note({ ...RENAMED, appId: EVENT_APP, sessionId, customTrackName: String(number) });
  }

  /** Lets time pass: in steps, since what the books do takes turns of the real event loop. */
  async pass(ms: number, stepMs = STEP_MS): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      await this.clock.advance(Math.min(stepMs, ms - passed));
      await turn();
    }
  }

  /** The node ends without a word, as if it were killed. */
  kill(node: WebhookNode): void {
    node.clock.end();
  }

  async close(): Promise<void> {
    for (const { clock } of this.nodes) clock.end();
    await this.database.destroy();
  }
}
