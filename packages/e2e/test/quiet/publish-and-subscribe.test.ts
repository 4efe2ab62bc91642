import { BLUE, GREEN, openStage, type Participant, RED, type Stage, YELLOW } from '@causeway/e2e';

jest.setTimeout(60_000);

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});

afterAll(() => stage.close());

describe('publishing', () => {
  it('accepts named audio and video tracks in one call, and the other side sees and hears them', async () => {
    const alice = await stage.join('alice', { receive: ['video'], metadata: 'the host' });
    const bob = await stage.join('bob', { receive: ['audio', 'video'] });

    const tracks = await alice.publish(
      { media: { kind: 'picture', colour: RED }, customTrackName: 'alice-camera' },
      { media: { kind: 'tone', leftHz: 660, rightHz: 660 }, customTrackName: 'alice-microphone' },
    );
    const [video, audio] = await bob.subscribe(...tracks);

    expect((await alice.listTracks()).map(({ customTrackName, trackKind }) => [customTrackName, trackKind])).toEqual(
      expect.arrayContaining([
        ['alice-camera', 'video'],
        ['alice-microphone', 'audio'],
      ]),
    );
    await bob.seesColour(video?.mid ?? '', RED);
    await bob.decodesVideo(video?.mid ?? '');
    await bob.hearsTones(audio?.mid ?? '', { leftHz: 660, rightHz: 660 });
    await alice.page.close();
    await bob.page.close();
  });

  it('needs no media in the first offer', async () => {
    const alice = await stage.join('alice');
    const bob = await stage.join('bob');

    const [track] = await alice.publish({ media: { kind: 'picture', colour: GREEN } });
    const mid = await bob.watch(track!);

    await bob.seesColour(mid, GREEN);
    await alice.page.close();
    await bob.page.close();
  });

  it('is automatic for tracks in the first offer', async () => {
    const alice = await stage.join('alice', { send: [{ media: { kind: 'picture', colour: YELLOW } }] });
    const bob = await stage.join('bob', { receive: ['video'] });

    const [track] = await alice.listTracks();
    const mid = await bob.watch(track!);

    expect(track).toMatchObject({ sessionId: alice.sessionId, trackKind: 'video', mid: '0', rids: [], codec: 'VP8' });
    await bob.seesColour(mid, YELLOW);
    await alice.page.close();
    await bob.page.close();
  });
});

describe('a call of three pages', () => {
  it('lets all participants see and hear each other', async () => {
    const people = [
      { name: 'alice', colour: RED, hertz: 440 },
      { name: 'bob', colour: GREEN, hertz: 880 },
      { name: 'carol', colour: BLUE, hertz: 1320 },
    ];
    const members = await Promise.all(
      people.map(async (person) => {
        const participant = await stage.join(person.name);
        const { colour, hertz } = person;
        const tracks = await participant.publish(
          { media: { kind: 'picture', colour } },
          { media: { kind: 'tone', leftHz: hertz, rightHz: hertz } },
        );
        return { ...person, participant, tracks };
      }),
    );

    const perceive = async (watcher: Participant, watched: (typeof members)[number]): Promise<void> => {
      const [video, audio] = await watcher.subscribe(...watched.tracks);
      await watcher.seesColour(video?.mid ?? '', watched.colour);
      await watcher.decodesVideo(video?.mid ?? '');
      await watcher.hearsTones(audio?.mid ?? '', { leftHz: watched.hertz, rightHz: watched.hertz });
    };
    const pairs = members.flatMap((watcher) => members.filter((watched) => watched !== watcher).map((watched) => ({ watcher, watched })));
    await Promise.all(pairs.map(({ watcher, watched }) => perceive(watcher.participant, watched)));

    expect(pairs).toHaveLength(6);
    for (const { participant } of members) {
      const streams = await participant.readInbound();
      expect(streams.filter(({ packetsReceived }) => packetsReceived > 0)).toHaveLength(4);
      expect(streams.map(({ packetsLost }) => packetsLost)).toEqual(streams.map(() => 0));
      await participant.page.close();
    }
  });
});

describe('one session', () => {
  it('publishes and subscribes at the same time', async () => {
    const alice = await stage.join('alice');
    const bob = await stage.join('bob');

    const [fromAlice] = await alice.publish({ media: { kind: 'picture', colour: RED } });
    const [fromBob] = await bob.publish({ media: { kind: 'picture', colour: BLUE } });
    const bobOnAlice = await alice.watch(fromBob!);
    const aliceOnBob = await bob.watch(fromAlice!);

    await Promise.all([alice.seesColour(bobOnAlice, BLUE), bob.seesColour(aliceOnBob, RED)]);
    await Promise.all([alice.decodesVideo(bobOnAlice), bob.decodesVideo(aliceOnBob)]);
    await alice.page.close();
    await bob.page.close();
  });

  it('sees itself when it subscribes to its own track', async () => {
    const alice = await stage.join('alice');

    const [track] = await alice.publish({ media: { kind: 'picture', colour: GREEN } });
    const mid = await alice.watch(track!);

    await alice.seesColour(mid, GREEN);
    await alice.page.close();
  });
});

describe('closing a track', () => {
  // Neither Chromium 156 nor Firefox 153 tells the page about the RTCP BYE, which is sent at once: both mute a track when the next
  // offer says that nothing comes on its line any more.
  it('drops it from the listing, stops it at the subscriber, and mutes it there with the next offer', async () => {
    const alice = await stage.join('alice');
    const bob = await stage.join('bob');
    const [first, second] = await alice.publish({ media: { kind: 'picture', colour: RED } }, { media: { kind: 'picture', colour: BLUE } });
    const firstMid = await bob.watch(first!);
    const secondMid = await bob.watch(second!);
    await bob.seesColour(firstMid, RED);

    const reply = await alice.closeTrack(first!.trackId);

    expect(reply).toMatchObject({ success: true });
    expect((await alice.listTracks()).map(({ trackId }) => trackId)).toEqual([second!.trackId]);
    await bob.receivesNothing(firstMid);
    await bob.decodesVideo(secondMid);
    const [sound] = await alice.publish({ media: { kind: 'tone', leftHz: 500, rightHz: 500 } });
    await bob.watch(sound!);
    await bob.seesMute(firstMid);
    await alice.page.close();
    await bob.page.close();
  });
});
