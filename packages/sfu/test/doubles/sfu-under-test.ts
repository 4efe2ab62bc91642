import { AppId, type CreateSessionReply, type SubscribeItem, type SubscribeReply } from '@causeway/protocol';
import { RecordingShard, ScriptedClient, seededBytes } from '@causeway/testkit/mesh';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { assembleSfu, type SfuAssembly } from '../../src/assemble-sfu.ts';
import type { SfuEvent } from '../../src/events.ts';
import { MemoryRegistry } from '../../src/registry/index.ts';
import type { Sfu } from '../../src/sfu.ts';

export const APP = AppId.parse('app-one');
export const OTHER_APP = AppId.parse('app-two');

/** An SFU on virtual time and a shard without media, with clients that join it. */
export class SfuUnderTest {
  readonly clock: VirtualClock;
  readonly shard: RecordingShard;
  readonly events: SfuEvent[] = [];
  readonly sfu: Sfu;

  constructor(changes: Partial<SfuAssembly> = {}, world: { readonly clock?: VirtualClock; readonly shard?: RecordingShard } = {}) {
    this.clock = world.clock ?? new VirtualClock();
    this.shard = world.shard ?? new RecordingShard();
    this.sfu = assembleSfu({
      shard: this.shard,
      registry: new MemoryRegistry(),
      clock: this.clock,
      random: seededBytes(),
      nodeNo: 101,
      announcedAddresses: ['192.0.2.1', '2001:db8::1'],
      onEvent: (event) => this.events.push(event),
      nextTurn: queueMicrotask,
      nextDescriptionTurn: queueMicrotask,
      onDefect(error) {
        throw error;
      },
      ...changes,
    });
  }

  /** A client that has offered its transceivers and applied the answer. */
  async join(client: ScriptedClient, changes: { readonly autoPublish?: boolean } = {}): Promise<Joined> {
    const reply = await this.sfu.createSession(APP, { sessionDescription: client.createOffer(), ...changes });
    client.applyAnswer(reply.sessionDescription);
    return new Joined(this, client, reply);
  }

  /** A connected client that sends one video track, which has sent its first packet. */
  async joinPublisher(trackId = 'camera', codecs: readonly string[] = ['vp8', 'vp9', 'h264']): Promise<Joined> {
    const client = new ScriptedClient();
    client.addTransceiver('video', { direction: 'sendonly', trackId, streamId: 'stream', codecs });
    const joined = await this.join(client);
    this.shard.connect(joined.id);
    for (const { trackId: id } of this.shard.publicationsOf(joined.id))
      this.shard.listener({ type: 'track-activity', trackId: id, activity: 'active' });
    return joined;
  }

  eventsOf(type: SfuEvent['type']): readonly SfuEvent[] {
    return this.events.filter((event) => event.type === type);
  }
}

/** A client with its session. */
export class Joined {
  readonly id: string;
  readonly client: ScriptedClient;
  readonly reply: CreateSessionReply;
  readonly #world: SfuUnderTest;

  constructor(world: SfuUnderTest, client: ScriptedClient, reply: CreateSessionReply) {
    this.#world = world;
    this.client = client;
    this.reply = reply;
    this.id = reply.sessionId;
  }

  subscribe(...tracks: SubscribeItem[]): Promise<SubscribeReply> {
    return this.#world.sfu.subscribe(APP, this.id, { tracks });
  }

  /** Subscribes and completes the negotiation. */
  async receive(...tracks: SubscribeItem[]): Promise<SubscribeReply> {
    const reply = await this.subscribe(...tracks);
    await this.answer(reply);
    return reply;
  }

  /** Answers the offer in a reply, if there is one. */
  async answer({ sessionDescription }: Pick<SubscribeReply, 'sessionDescription'>): Promise<void> {
    if (sessionDescription === undefined) return;
    await this.#world.sfu.renegotiate(APP, this.id, { sessionDescription: this.client.answerOffer(sessionDescription) });
  }

  /** Offers again, as after a change of direction. */
  async offer(): Promise<void> {
    const reply = await this.#world.sfu.renegotiate(APP, this.id, { sessionDescription: this.client.createOffer() });
    if (reply.sessionDescription !== undefined) this.client.applyAnswer(reply.sessionDescription);
  }

  track(remoteTrackId: string): SubscribeItem {
    return { remoteSessionId: this.id, remoteTrackId };
  }
}
