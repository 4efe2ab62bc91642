/** Two engines with a link between nodes, in virtual time: publications of the one's process, and copies of them at the other. */
import type { DataPublicationPlan, DataReliability, DataSubscriptionPlan, EngineCommand } from '@causeway/media';
import { CLEAN_LINK, connectWorlds, DataPage, type Impairment, VirtualTime, VirtualWorld, type WorldLink } from '@causeway/testkit';
import { RELIABLE, subscriptionPlan } from './data-room.ts';

const LINK = 'link';
/** The first stream of the end that opens the channel, which is the DTLS client. */
export const CONTROL_STREAM = 0;

export interface CopyOptions {
  readonly reliability?: DataReliability;
  readonly retain?: number;
  /** `unnumbered`: the near end sends what is published as it is, and whoever publishes has to lie about numbers. */
  readonly feed?: 'numbered' | 'unnumbered';
}

export class LinkedEngines {
  readonly time = new VirtualTime();
  readonly near: VirtualWorld;
  readonly far: VirtualWorld;
  readonly link: WorldLink;
  #lastStream = 0;

  constructor(impairment: Impairment = CLEAN_LINK) {
    this.near = new VirtualWorld({ time: this.time, seed: 1, address: '203.0.113.1' });
    this.far = new VirtualWorld({ time: this.time, seed: 2, address: '203.0.113.2' });
    this.link = connectWorlds(this.near, this.far, LINK, { ...CLEAN_LINK, delayMs: impairment.delayMs });
    this.run(500);
    this.tell(this.near, { type: 'open-data-channel', transportId: LINK, request: { label: 'control' } });
    this.run(500);
    for (const direction of [this.link.there, this.link.back]) direction.impairment = impairment;
  }

  tell(world: VirtualWorld, command: EngineCommand): void {
    world.engine.handleCommand(this.time.nowMs, command);
  }

  run(durationMs: number): void {
    this.time.run(durationMs);
  }

  /** A publication of the near process. */
  publish(publicationId: string, plan: Partial<DataPublicationPlan> = {}): void {
    this.tell(this.near, {
      type: 'put-data-publication',
      plan: { publicationId, transportId: undefined, stream: undefined, reliability: RELIABLE, retain: 0, isBus: false, ...plan },
    });
  }

  say(publicationId: string, data: Uint8Array | string): void {
    this.tell(this.near, { type: 'publish-data', publicationId, data });
  }

  /** Lets a publication of the near end cross. @returns the id of the copy at the far end */
  copy(publicationId: string, plan: Partial<DataSubscriptionPlan> & CopyOptions = {}): string {
    const { reliability = RELIABLE, retain = 0, feed = 'numbered', ...changes } = plan;
    this.#lastStream += 2;
    const stream = { streamId: this.#lastStream, isNegotiated: true };
    const copyId = `${publicationId}/copy${stream.streamId}`;
    this.tell(this.far, {
      type: 'put-data-publication',
      plan: { publicationId: copyId, transportId: LINK, stream, reliability, retain, isBus: false, copyOf: publicationId },
    });
    this.tell(this.near, {
      type: 'put-data-subscription',
      plan: {
        ...subscriptionPlan(LINK, publicationId),
        subscriptionId: `feed${stream.streamId}`,
        stream,
        canReply: 'many',
        isSticky: true,
        ...(feed === 'numbered' && { feedsCopy: 'new' }),
        ...changes,
      },
    });
    return copyId;
  }

  endFeed(copyId: string): void {
    this.tell(this.near, { type: 'remove-data-subscription', subscriptionId: copyId.replace(/^.*copy/, 'feed') });
  }

  /** A subscriber in the far process. @returns its id */
  hear(copyId: string | undefined, plan: Partial<DataSubscriptionPlan> = {}): string {
    const { subscriptionId = `hears ${copyId ?? ''}` } = plan;
    this.tell(this.far, {
      type: 'put-data-subscription',
      plan: {
        ...subscriptionPlan('', copyId ?? ''),
        publicationId: copyId,
        ...plan,
        subscriptionId,
        transportId: undefined,
        stream: undefined,
        isSticky: true,
      },
    });
    return subscriptionId;
  }

  heard(subscriptionId: string): (Uint8Array | string)[] {
    return this.far.dataEvents.flatMap((event) =>
      event.type === 'data-received' && event.subscriptionId === subscriptionId ? [event.data] : [],
    );
  }

  /** Why a subscription of the far process ended. */
  ends(subscriptionId: string): string[] {
    return this.far.dataEvents.flatMap((event) =>
      event.type === 'data-subscription-closed' && event.subscriptionId === subscriptionId ? [event.reason] : [],
    );
  }

  page(id: string): DataPage {
    const page = new DataPage(this.far, this.far.connectPeer(id, CLEAN_LINK, 'app'));
    this.tell(this.far, { type: 'set-data-peer', plan: { transportId: id, maxMessageBytes: 262_144 } });
    return page;
  }
}
