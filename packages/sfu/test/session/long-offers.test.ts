import { TrackId } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, type Joined, SfuUnderTest } from '../doubles/sfu-under-test.ts';

const SECTIONS = 100;
const AT_ONCE = 32;

/** An SFU whose turns for descriptions a test begins by hand, once it has asked for that. */
class Scene {
  readonly #turns: (() => void)[] = [];
  isByHand = false;
  readonly world = new SfuUnderTest({
    nextDescriptionTurn: (callback) => {
      if (this.isByHand) this.#turns.push(callback);
      else queueMicrotask(callback);
    },
  });

  async turn(): Promise<void> {
    this.#turns.shift()?.();
    await new Promise(setImmediate);
  }

  async turnUntil(condition: () => boolean): Promise<void> {
    for (let turns = 0; turns < 100 && !condition(); turns++) await this.turn();
    if (!condition()) throw new Error('a hundred turns were not enough');
  }

  async finish<Result>(call: Promise<Result>): Promise<Result> {
    let isOver = false;
    const end = () => {
      isOver = true;
    };
    call.then(end, end);
    await this.turnUntil(() => isOver);
    return call;
  }

  get tracksTold(): number {
    return this.world.shard.publications.size;
  }

  /** A viewer of one track, which has room for many more. */
  async watching(): Promise<{ publisher: Joined; viewer: Joined }> {
    const publisher = await this.world.joinPublisher();
    const viewer = await this.world.join(new ScriptedClient());
    await viewer.receive(publisher.track('camera'));
    for (let count = 1; count < SECTIONS; count++) viewer.client.addTransceiver('video', { direction: 'recvonly' });
    return { publisher, viewer };
  }
}

function longOffer(): { readonly type: 'offer'; readonly sdp: string } {
  const client = new ScriptedClient();
  for (let track = 0; track < SECTIONS; track++) {
    client.addTransceiver('video', { direction: 'sendonly', trackId: `track-${track}`, streamId: 's' });
  }
  return client.createOffer();
}

describe('a session with a hundred tracks', () => {
  it('is not to be seen before its offer is answered, and is answered when the engine and the others know all of it', async () => {
    const scene = new Scene();
    const { sfu, shard } = scene.world;
    scene.isByHand = true;

    const creating = sfu.createSession(APP, { sessionDescription: longOffer() });
    await scene.turn();
    const logWhileAnswering = [...shard.log];
    await scene.turnUntil(() => scene.tracksTold > 0);
    const toldAtOnce = scene.tracksTold;
    const { sessionId, tracks } = await scene.finish(creating);

    expect(logWhileAnswering).toEqual([]);
    expect(toldAtOnce).toBe(AT_ONCE);
    expect(tracks).toHaveLength(SECTIONS);
    expect(shard.publicationsOf(sessionId)).toHaveLength(SECTIONS);
    expect(await sfu.listTracks(APP, sessionId)).toHaveLength(SECTIONS);
    expect(scene.world.eventsOf('track.published')).toHaveLength(SECTIONS);
  });

  it('that is deleted before the engine knows all of it leaves nothing behind', async () => {
    const scene = new Scene();
    const { sfu } = scene.world;
    scene.isByHand = true;
    const creating = sfu.createSession(APP, { sessionDescription: longOffer() });
    await scene.turnUntil(() => scene.tracksTold > 0);
    const [session] = (await sfu.listSessions(APP)).sessions;

    await scene.finish(sfu.deleteSession(APP, session?.sessionId ?? ''));
    await scene.finish(creating.catch(() => undefined));

    const { objects } = await sfu.inspect();
    expect(new Set(Object.values({ ...objects.sessions, ...objects.engine }))).toEqual(new Set([0]));
    expect(scene.tracksTold).toBe(0);
    const [published, closed] = [scene.world.eventsOf('track.published'), scene.world.eventsOf('track.closed')];
    expect(closed).toHaveLength(published.length);
  });

  it('may change while it is passed to the engine, which has the latest state in the end', async () => {
    const scene = new Scene();
    const { sfu, shard } = scene.world;
    scene.isByHand = true;
    const creating = sfu.createSession(APP, { sessionDescription: longOffer() });
    await scene.turnUntil(() => scene.tracksTold > 0);
    const [session] = (await sfu.listSessions(APP)).sessions;
    const sessionId = session?.sessionId ?? '';

    const closing = sfu.closeTracks(APP, sessionId, { tracks: ['track-0', `track-${SECTIONS - 1}`].map((id) => ({ trackId: id })) });
    await scene.finish(Promise.all([creating, closing]));

    expect(shard.publicationsOf(sessionId)).toHaveLength(SECTIONS - 2);
    expect(await sfu.listTracks(APP, sessionId)).toHaveLength(SECTIONS - 2);
  });

  it('is closed when the engine does not take one of them, and says so', async () => {
    const scene = new Scene();
    const { sfu, shard } = scene.world;
    scene.isByHand = true;
    const creating = sfu.createSession(APP, { sessionDescription: longOffer() });
    await scene.turnUntil(() => scene.tracksTold > 0);

    jest.spyOn(shard, 'send').mockImplementationOnce(() => {
      throw new Error('no more tracks');
    });
    await scene.finish(creating.catch(() => undefined));

    expect(scene.world.eventsOf('session.defect')).toMatchObject([{ error: new Error('no more tracks') }]);
    expect(scene.world.eventsOf('session.closed')).toMatchObject([{ reason: 'internal_error' }]);
    expect(scene.tracksTold).toBe(0);
  });
});

describe('a long offer of a session', () => {
  it('is answered from the state that the session has in the end: a track that ends in between is not sent', async () => {
    const scene = new Scene();
    const { sfu, shard } = scene.world;
    const { publisher, viewer } = await scene.watching();
    scene.isByHand = true;
    const answering = sfu.renegotiate(APP, viewer.id, { sessionDescription: viewer.client.createOffer() });
    await scene.turn();

    const closing = sfu.closeTracks(APP, publisher.id, { tracks: [{ trackId: TrackId.parse('camera') }] });
    await scene.finish(closing);
    const { sessionDescription } = await scene.finish(answering);

    expect(shard.subscriptionsOf(viewer.id)).toEqual([]);
    expect(sessionDescription?.sdp).not.toContain('a=ssrc:');
    expect(sessionDescription?.sdp.match(/^m=/gm)).toHaveLength(SECTIONS);
  });

  it('is refused when the session ends in between', async () => {
    const scene = new Scene();
    const { sfu } = scene.world;
    const { viewer } = await scene.watching();
    scene.isByHand = true;
    const answering = sfu.renegotiate(APP, viewer.id, { sessionDescription: viewer.client.createOffer() });
    const refused = expect(answering).rejects.toMatchObject({ code: 'session_closed' });
    await scene.turn();

    await scene.finish(sfu.deleteSession(APP, viewer.id));
    await scene.finish(answering.catch(() => undefined));

    await refused;
  });
});
