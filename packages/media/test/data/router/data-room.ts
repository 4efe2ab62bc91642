/** An engine and pages with data channels, in virtual time. */
import type { DataPublicationPlan, DataSubscriptionPlan, EngineCommand, EngineEvent } from '@causeway/media';
import { CLEAN_LINK, DataPage, type Impairment, VirtualWorld } from '@causeway/testkit';

export const RELIABLE = { ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };
export const UNRELIABLE = { ordered: false, maxRetransmits: 0, maxPacketLifeTimeMs: undefined };

/** Subscriptions of a page are on streams that are the engine's to open. */
const FIRST_STREAM = 101;

export class DataRoom {
  readonly world: VirtualWorld;
  #lastStream = FIRST_STREAM - 2;

  constructor(seed = 1) {
    this.world = new VirtualWorld(seed);
  }

  /** A page whose session has an `m=application` section. @param options the link is clean until it is connected */
  join(id: string, { link = CLEAN_LINK, account = 'app' }: { readonly link?: Impairment; readonly account?: string } = {}): DataPage {
    const page = new DataPage(this.world, this.world.connectPeer(id, { ...CLEAN_LINK, delayMs: link.delayMs }, account));
    this.impair(page, link);
    this.send({ type: 'set-data-peer', plan: { transportId: id, maxMessageBytes: 262_144 } });
    return page;
  }

  /** Both ways alike. */
  impair(page: DataPage, link: Impairment): void {
    const { up, down } = this.world.linksOf(page.peer.path);
    up.impairment = link;
    down.impairment = link;
  }

  /** Lets a page open a channel, and publishes it. */
  publish(page: DataPage, label: string, plan: Partial<DataPublicationPlan> = {}): number {
    const { reliability = RELIABLE } = plan;
    const streamId = page.open(label, reliability);
    this.world.run(200);
    this.putPublication(page, streamId, { publicationId: `${page.peer.id}/${label}`, ...plan });
    return streamId;
  }

  putPublication(page: DataPage, streamId: number, plan: Partial<DataPublicationPlan> & { readonly publicationId: string }): void {
    this.send({
      type: 'put-data-publication',
      plan: {
        transportId: page.peer.id,
        stream: { streamId, isNegotiated: false },
        reliability: RELIABLE,
        retain: 0,
        isBus: false,
        ...plan,
      },
    });
  }

  /** @returns the stream of the subscription, whose id is that of the page and of the publication */
  subscribe(page: DataPage, publicationId: string, plan: Partial<DataSubscriptionPlan> = {}): number {
    this.#lastStream += 2;
    const stream = { streamId: this.#lastStream, isNegotiated: false };
    this.putSubscription({ ...subscriptionPlan(page.peer.id, publicationId), stream, ...plan });
    return plan.stream?.streamId ?? this.#lastStream;
  }

  putSubscription(plan: DataSubscriptionPlan): void {
    this.send({ type: 'put-data-subscription', plan });
  }

  send(command: EngineCommand): void {
    this.world.engine.handleCommand(this.world.nowMs, command);
  }

  /** What the engine said of publications and subscriptions, without what it says of ones that opened. */
  news(): EngineEvent[] {
    return this.world.dataEvents.filter(({ type }) => type !== 'data-subscription-opened');
  }

  opened(): string[] {
    return this.world.dataEvents.flatMap((event) => (event.type === 'data-subscription-opened' ? [event.subscriptionId] : []));
  }

  get statistics() {
    return this.world.engine.answer('data-statistics');
  }

  get counters() {
    return this.world.engine.dataCounters;
  }

  run(durationMs: number): void {
    this.world.run(durationMs);
  }
}

export function subscriptionPlan(pageId: string, publicationId: string): DataSubscriptionPlan {
  const [publisherId = '', label = ''] = publicationId.split('/');
  return {
    subscriptionId: `${pageId}/${publicationId}`,
    transportId: pageId,
    publicationId,
    stream: { streamId: FIRST_STREAM, isNegotiated: false },
    label,
    protocol: `sfu;${publisherId}`,
    canReply: 'none',
    waitsForAck: false,
    isPaused: false,
    isSticky: false,
  };
}
