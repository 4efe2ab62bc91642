import { DataChannelName, type PublishDataChannelsReply, SfuError, type SubscribeDataChannelsReply, TrackId } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import fc from 'fast-check';
import { APP, type Joined, SfuUnderTest } from '../doubles/sfu-under-test.ts';

const SEED = 20_260_102;
const TRACKS = 4;
const KINDS = [['vp8'], ['h264'], ['vp8', 'h264'], ['vp9', 'vp8']] as const;

type Step =
  | { readonly do: 'subscribe'; readonly track: number; readonly isAnswered: boolean; readonly isSeen: boolean }
  | { readonly do: 'unsubscribe'; readonly track: number; readonly withSdp: boolean }
  | { readonly do: 'publish'; readonly codec: number }
  | { readonly do: 'close'; readonly own: number; readonly withSdp: boolean }
  | { readonly do: 'stop'; readonly own: number }
  | { readonly do: 'hold'; readonly own: number }
  | { readonly do: 'replacePublisher'; readonly track: number }
  | { readonly do: 'data'; readonly name: number; readonly isAnswered: boolean; readonly isRefused: boolean }
  | { readonly do: 'restart-ice' };

const track = fc.nat({ max: TRACKS - 1 });
const own = fc.nat({ max: 7 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('subscribe' as const), track, isAnswered: fc.boolean(), isSeen: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('unsubscribe' as const), track, withSdp: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('publish' as const), codec: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), own, withSdp: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stop' as const), own }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hold' as const), own }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('replacePublisher' as const), track }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('data' as const), name: fc.nat({ max: 2 }), isAnswered: fc.boolean(), isRefused: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart-ice' as const) }) },
);

/**
 * One client and four publishers. The scripted client throws on any description that a browser would refuse, and the recording shard
 * on any plan that an engine could not follow; what is left to be checked here is what should be the case after each step.
 */
class Play {
  readonly world = new SfuUnderTest();
  readonly publishers: Joined[] = [];
  viewer!: Joined;
  ownTransceivers = 0;
  stopped = 0;
  dataSections = 0;

  async begin(): Promise<void> {
    for (let number = 0; number < TRACKS; number++) this.publishers.push(await this.world.joinPublisher('camera', KINDS[number]));
    this.viewer = await this.world.join(new ScriptedClient());
  }

  async take(next: Step): Promise<void> {
    try {
      await this.#take(next);
    } catch (error) {
      // Refusals are part of the game; anything else is a defect.
      if (!(error instanceof SfuError)) throw error;
    }
    this.#check();
  }

  async #take(next: Step): Promise<void> {
    const { sfu } = this.world;
    const { client, id } = this.viewer;
    switch (next.do) {
      case 'subscribe':
        return this.#subscribe(next);
      case 'unsubscribe': {
        const offer = next.withSdp ? { sessionDescription: client.createOffer() } : {};
        const reply = await sfu.unsubscribe(APP, id, { tracks: [this.#source(next.track)], ...offer });
        if (reply.sessionDescription !== undefined) client.applyAnswer(reply.sessionDescription);
        return;
      }
      case 'publish': {
        const codecs = KINDS[next.codec] ?? ['vp8'];
        const { mid } = client.addTransceiver('video', { direction: 'sendonly', trackId: `own-${this.ownTransceivers++}`, codecs });
        this.#takeStoppedPlace();
        const tracks = [{ trackId: TrackId.parse(client.at(mid).trackId), mid }];
        const reply = await sfu.publish(APP, id, { tracks, sessionDescription: client.createOffer() });
        return client.applyAnswer(reply.sessionDescription);
      }
      case 'close': {
        const offer = next.withSdp ? { sessionDescription: client.createOffer() } : {};
        const reply = await sfu.closeTracks(APP, id, { tracks: [{ trackId: `own-${next.own}` }], ...offer });
        if (reply.sessionDescription !== undefined) client.applyAnswer(reply.sessionDescription);
        return;
      }
      case 'stop': {
        const transceiver = client.transceivers[next.own];
        if (transceiver === undefined || transceiver.isStopped) return;
        transceiver.isStopped = true;
        this.stopped++;
        return this.viewer.offer();
      }
      case 'hold': {
        const transceiver = client.transceivers[next.own];
        if (transceiver === undefined) return;
        transceiver.direction =
          transceiver.direction === 'inactive' ? (transceiver.added === undefined ? 'sendonly' : 'recvonly') : 'inactive';
        return this.viewer.offer();
      }
      case 'replacePublisher':
        await sfu.deleteSession(APP, this.publishers[next.track]?.id ?? '');
        this.publishers[next.track] = await this.world.joinPublisher('camera', KINDS[next.track]);
        return;
      case 'data':
        return this.#publishData(next);
      case 'restart-ice':
        client.restartIce();
        return this.viewer.offer();
    }
  }

  /** An unanswered offer is given up after 10 s, whether the client has applied it or never got it. */
  async #subscribe(next: Extract<Step, { do: 'subscribe' }>): Promise<void> {
    const reply = await this.viewer.subscribe(this.#source(next.track));
    if (next.isAnswered) return this.viewer.answer(reply);
    if (next.isSeen && reply.sessionDescription !== undefined) this.viewer.client.answerOffer(reply.sessionDescription);
    await this.world.clock.advance(10_000);
  }

  /** A channel of the client's own, which it also subscribes to: that may bring m=application, once. */
  async #publishData(next: Extract<Step, { do: 'data' }>): Promise<void> {
    const { client, id } = this.viewer;
    const dataChannelName = DataChannelName.parse(`channel-${next.name}`);
    client.refusesData = next.isRefused;
    const { sfu } = this.world;
    const settle = async (reply: PublishDataChannelsReply | SubscribeDataChannelsReply): Promise<void> => {
      if (!reply.immediateRenegotiationRequired) return;
      this.dataSections++;
      if (next.isAnswered) await this.viewer.answer(reply as Parameters<Joined['answer']>[0]);
      else await this.world.clock.advance(10_000);
    };
    await settle(await sfu.publishDataChannels(APP, id, { dataChannels: [{ dataChannelName, negotiated: true }] }));
    await settle(await sfu.subscribeDataChannels(APP, id, { dataChannels: [{ remoteSessionId: id, dataChannelName }] }));
  }

  /** Browsers put a new transceiver where one was stopped (RFC 8829 §5.2.2). */
  #takeStoppedPlace(): void {
    const { transceivers } = this.viewer.client;
    const place = transceivers.findIndex(({ isStopped }) => isStopped);
    if (place !== -1) transceivers.splice(place, 1, ...transceivers.splice(-1));
  }

  #source(number: number) {
    return { remoteSessionId: this.publishers[number]?.id ?? '', remoteTrackId: 'camera' };
  }

  #check(): void {
    const { client, id } = this.viewer;
    // Four tracks, each perhaps on a second section while the first waits to be cleared, and one more for each codec that did not fit.
    const mostSections = this.ownTransceivers + this.stopped + 4 * TRACKS + this.dataSections;
    expect(client.transceivers.length).toBeLessThanOrEqual(mostSections);
    // A transport ends with the m-section that stands for it; the next one's id begins with the session's too.
    const plans = [...this.world.shard.subscriptions.values()].filter(({ transportId }) => transportId.startsWith(id));
    const mids = plans.map(({ mid }) => mid);
    expect(new Set(mids).size).toBe(mids.length);
    for (const { mid, paused, codecs } of plans) {
      expect(codecs.length).toBeGreaterThan(0);
      expect(client.at(mid).isStopped).toBe(false);
      if (!paused) expect(client.at(mid).direction).not.toBe('inactive');
    }
    expect(new Set(plans.map(({ sourceTrackId }) => sourceTrackId)).size).toBe(plans.length);
  }
}

describe('any order of calls', () => {
  it('keeps sections in place and few, numbers unambiguous, and the engine in step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const play = new Play();
        await play.begin();
        for (const next of steps) await play.take(next);
        await play.world.sfu.close();
        expect(play.world.clock.armedTimers).toBe(0);
        expect(play.world.shard.transports.size).toBe(0);
        expect(play.world.eventsOf('session.defect')).toEqual([]);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});
