/** What a caller with a token may do: the verbs' own share of the claims. */

import { type SfuError, type TokenGrants, TrackId, TrackName } from '@causeway/protocol';
import { capturedOffer } from '@causeway/testkit/captured-offers';
import { ScriptedClient } from '@causeway/testkit/mesh';
import type { Sfu } from '../../src/sfu.ts';
import { APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

type Claims = Partial<TokenGrants>;

const ALICE: TokenGrants = { sub: 'alice', jti: 'token-of-alice', iat: 100, exp: 700 };
const BOB: TokenGrants = { ...ALICE, sub: 'bob', jti: 'token-of-bob' };

function sendingClient(...kinds: ('audio' | 'video')[]): ScriptedClient {
  const client = new ScriptedClient();
  for (const kind of kinds) client.addTransceiver(kind, { direction: 'sendonly', trackId: `${kind}-track`, streamId: 'stream' });
  return client;
}

async function createAs(
  world: SfuUnderTest,
  caller: TokenGrants | undefined,
  client = sendingClient('audio', 'video'),
  fields: object = {},
) {
  const reply = await world.sfu.createSession(APP, { sessionDescription: client.createOffer(), ...fields }, {}, caller);
  client.applyAnswer(reply.sessionDescription);
  return { id: reply.sessionId, client, reply };
}

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'done',
    ({ code }: SfuError) => code,
  );

type Call = (sfu: Sfu, sessionId: string, caller: TokenGrants) => Promise<unknown>;
const OFFER = { type: 'offer', sdp: 'v=0' } as const;

/** Each changes the session. */
const CHANGES: readonly (readonly [name: string, call: Call])[] = [
  ['publish', (sfu, id, caller) => sfu.publish(APP, id, { tracks: [], autoDiscover: true, sessionDescription: OFFER }, caller)],
  ['subscribe', (sfu, id, caller) => sfu.subscribe(APP, id, { tracks: [] }, caller)],
  ['unsubscribe', (sfu, id, caller) => sfu.unsubscribe(APP, id, { tracks: [{ mid: '0' }] }, caller)],
  ['updateTracks', (sfu, id, caller) => sfu.updateTracks(APP, id, { tracks: [{ mid: '0', paused: true }] }, caller)],
  ['closeTracks', (sfu, id, caller) => sfu.closeTracks(APP, id, { tracks: [{ mid: '0' }], force: true }, caller)],
  ['renegotiate', (sfu, id, caller) => sfu.renegotiate(APP, id, { sessionDescription: { type: 'answer', sdp: 'v=0' } }, caller)],
  ['patchSession', (sfu, id, caller) => sfu.patchSession(APP, id, { metadata: 'mine' }, caller)],
  ['patchTrack', (sfu, id, caller) => sfu.patchTrack(APP, id, 'video-track', { muted: true }, caller)],
  ['deleteSession', (sfu, id, caller) => sfu.deleteSession(APP, id, caller)],
];
const LOOKS: readonly (readonly [name: string, call: Call])[] = [
  ['listTracks', (sfu, id, caller) => sfu.listTracks(APP, id, caller)],
  ['describeSession', (sfu, id, caller) => sfu.describeSession(APP, id, caller)],
  ['trackPath', (sfu, id, caller) => sfu.trackPath(APP, id, 'video-track', caller)],
];

describe('a session', () => {
  it.each(CHANGES)('belongs to the subject that created it: another one may not %s', async (_name, call) => {
    const world = new SfuUnderTest();
    const { id } = await createAs(world, ALICE);
    const before = await world.sfu.describeSession(APP, id);

    expect(await codeOf(call(world.sfu, id, BOB))).toBe('forbidden');
    expect(await codeOf(call(world.sfu, id, { ...BOB, sid: id as never }))).toBe('forbidden');
    expect(await world.sfu.describeSession(APP, id)).toEqual(before);
  });

  it.each(CHANGES)('is open to a later token of the same subject: %s', async (_name, call) => {
    const world = new SfuUnderTest();
    const { id } = await createAs(world, ALICE);

    expect(await codeOf(call(world.sfu, id, { ...ALICE, jti: 'a-later-one' }))).not.toMatch(/forbidden|session_not_found/);
  });

  it.each(CHANGES)('that was made with the secret is open to a token that names it, and to no other: %s', async (_name, call) => {
    const world = new SfuUnderTest();
    const { id } = await createAs(world, undefined);
    const other = await createAs(world, undefined);

    expect(await codeOf(call(world.sfu, id, ALICE))).toBe('forbidden');
    expect(await codeOf(call(world.sfu, other.id, { ...ALICE, sid: id }))).toBe('session_not_found');
    expect(await codeOf(call(world.sfu, id, { ...ALICE, sid: id }))).not.toMatch(/forbidden|session_not_found/);
  });

  it.each([...LOOKS, ...CHANGES])('that the token does not name is to %s as if it were not there', async (_name, call) => {
    const world = new SfuUnderTest();
    const { id } = await createAs(world, ALICE);
    const never = 'session-101-00000000-0000-4000-8000-000000000000';
    const refusal = (sessionId: string) =>
      call(world.sfu, sessionId, { ...BOB, subs: ['session-102-*'] }).then(
        () => 'done',
        ({ code, message, details }: SfuError) => JSON.stringify({ code, message, details }).replaceAll(sessionId, 'ID'),
      );

    expect(await refusal(id)).toContain('session_not_found');
    expect(await refusal(id)).toBe(await refusal(never));

    await world.sfu.deleteSession(APP, id);
    expect(await refusal(id)).toBe(await refusal(never));
  });

  it.each(LOOKS)('of another subject can be looked at with a token that names it, or names none: %s', async (_name, call) => {
    const world = new SfuUnderTest();
    const { id } = await createAs(world, ALICE);

    for (const claims of [{}, { subs: [id] }, { subs: ['session-101-*'] }])
      expect(await codeOf(call(world.sfu, id, { ...BOB, ...claims }))).toBe('done');
    expect(await codeOf(call(world.sfu, id, { ...ALICE, subs: [] }))).toBe('done');
  });

  it('is listed only for callers who may see it', async () => {
    const world = new SfuUnderTest();
    const ofAlice = await createAs(world, ALICE);
    const ofBob = await createAs(world, BOB);
    const listed = async (claims: Claims) =>
      (await world.sfu.listSessions(APP, {}, { ...BOB, ...claims })).sessions.map(({ sessionId }) => sessionId);

    expect(await listed({})).toEqual([ofAlice.id, ofBob.id]);
    expect(await listed({ subs: [] })).toEqual([ofBob.id]);
    expect(await listed({ subs: [ofAlice.id] })).toEqual([ofAlice.id, ofBob.id]);
    expect(await listed({ sid: ofAlice.id })).toEqual([ofAlice.id]);
  });
});

describe('publishing', () => {
  it.each<[name: string, claims: Claims, kinds: string[]]>([
    ['everything', {}, ['audio', 'video']],
    ['without the action', { act: ['create', 'subscribe', 'close', 'list'] }, []],
    ['of audio alone', { kinds: ['audio'] }, ['audio']],
    ['under a name', { names: ['alice-*'] }, []],
    ['under any name', { names: ['*'] }, ['audio', 'video']],
  ])('%s: the first offer brings only what the token allows, and is answered', async (_name, claims, kinds) => {
    const world = new SfuUnderTest();

    const { reply, client } = await createAs(world, { ...ALICE, ...claims });

    expect(reply.tracks?.map(({ trackKind }) => trackKind)).toEqual(kinds);
    expect(client.lastRemote?.sections.map(({ direction }) => direction === 'recvonly')).toEqual(
      ['audio', 'video'].map((kind) => kinds.includes(kind)),
    );
  });

  it('names of tracks have to match, also when a track is named again', async () => {
    const world = new SfuUnderTest();
    const caller = { ...ALICE, names: ['alice-*'] };
    const { id, client } = await createAs(world, caller);
    const publish = (customTrackName: string) => {
      const item = { trackId: TrackId.parse('video-track'), mid: '1', customTrackName: TrackName.parse(customTrackName) };
      return world.sfu.publish(APP, id, { tracks: [item], sessionDescription: client.createOffer() }, caller);
    };

    await expect(publish('bob-camera')).rejects.toMatchObject({ code: 'forbidden', tracks: [{ errorCode: 'forbidden', mid: '1' }] });
    const published = await publish('alice-camera');
    client.applyAnswer(published.sessionDescription);
    await expect(publish('bob-camera')).rejects.toMatchObject({ code: 'forbidden' });

    expect(published.tracks).toMatchObject([{ customTrackName: 'alice-camera' }]);
    expect(await world.sfu.listTracks(APP, id)).toMatchObject([{ customTrackName: 'alice-camera' }]);
  });

  it('a later offer publishes no more than the first', async () => {
    const world = new SfuUnderTest();
    const caller = { ...ALICE, kinds: ['audio' as const] };
    const { id, client } = await createAs(world, caller, sendingClient('audio'));
    client.addTransceiver('video', { direction: 'sendonly', trackId: 'late', streamId: 'stream' });

    await world.sfu.renegotiate(APP, id, { sessionDescription: client.createOffer() }, caller);

    expect(await world.sfu.listTracks(APP, id)).toMatchObject([{ trackKind: 'audio' }]);
  });

  it('stops at the bound of the token, before anything is changed', async () => {
    const world = new SfuUnderTest();
    const caller = { ...ALICE, max: { tracks: 1 } };

    expect(await codeOf(createAs(world, caller))).toBe('quota_exceeded');
    const { id } = await createAs(world, caller, sendingClient('audio'));
    const { id: watched } = await createAs(world, BOB, sendingClient('video'));
    const subscribe = () => world.sfu.subscribe(APP, id, { tracks: [{ remoteSessionId: watched, remoteTrackId: 'video-track' }] }, caller);

    expect(await codeOf(subscribe())).toBe('quota_exceeded');
    expect(world.sfu.stats).toMatchObject({ sessions: 2, publications: 2, subscriptions: 0 });
  });
});

describe('subscribing', () => {
  async function scene() {
    const world = new SfuUnderTest();
    const watched = await createAs(world, BOB);
    const viewer = await createAs(world, ALICE, new ScriptedClient());
    const subscribe = async (claims: Claims, remoteTrackId: string) => {
      const tracks = [{ remoteSessionId: watched.id, remoteTrackId }];
      return codeOf(world.sfu.subscribe(APP, viewer.id, { tracks }, { ...ALICE, ...claims }));
    };
    return { world, watched, viewer, subscribe };
  }

  it.each<[name: string, claims: (watched: string, own: string) => Claims, outcome: string]>([
    ['a token without restrictions', () => ({}), 'done'],
    ['a token that names the session', (watched) => ({ subs: [watched] }), 'done'],
    ['a token that names others', () => ({ subs: ['session-9-*'] }), 'session_not_found'],
    ['a token that names none', () => ({ subs: [] }), 'session_not_found'],
    ['a token for another kind', () => ({ kinds: ['audio'] }), 'forbidden'],
    ['a token for the kind', () => ({ kinds: ['video'] }), 'done'],
    ['a token without the action', () => ({ act: ['create', 'publish'] }), 'forbidden'],
    ['a token for the viewer alone', (_watched, own) => ({ sid: own as never }), 'done'],
    ['a token for the viewer that names others', (_watched, own) => ({ sid: own as never, subs: [] }), 'session_not_found'],
  ])('%s', async (_name, claims, outcome) => {
    const { subscribe, watched, viewer } = await scene();

    expect(await subscribe(claims(watched.id, viewer.id), 'video-track')).toBe(outcome);
  });

  it('with the first offer is held to the same', async () => {
    const { world, watched } = await scene();
    const client = new ScriptedClient();
    client.addTransceiver('video', { direction: 'recvonly' });
    const subscribe = [{ remoteSessionId: watched.id, remoteTrackId: 'video-track' }];

    const { reply } = await createAs(world, { ...ALICE, act: ['create'] }, client, { subscribe });

    expect(reply.subscriptions).toMatchObject([{ errorCode: 'forbidden' }]);
  });

  it('by a change of source is held to the same', async () => {
    const { world, watched, viewer } = await scene();
    const source = { remoteSessionId: watched.id, remoteTrackId: 'video-track' };
    const { sessionDescription = { sdp: '' } } = await world.sfu.subscribe(APP, viewer.id, { tracks: [source] }, ALICE);
    await world.sfu.renegotiate(APP, viewer.id, { sessionDescription: viewer.client.answerOffer(sessionDescription) }, ALICE);
    const [mid = ''] = (await world.sfu.describeSession(APP, viewer.id)).subscriptions.map((each) => each.mid);
    const update = (claims: Claims) => {
      const tracks = [{ mid, ...source }];
      return codeOf(world.sfu.updateTracks(APP, viewer.id, { tracks }, { ...ALICE, ...claims }));
    };

    expect(await update({})).toBe('done');
    expect(await update({ subs: [] })).toBe('session_not_found');
    expect(await update({ kinds: ['audio'] })).toBe('forbidden');
  });
});

describe('other claims', () => {
  it('fixed metadata is set, and cannot be chosen', async () => {
    const world = new SfuUnderTest();
    const caller = { ...ALICE, meta: 'fixed' };

    const { id } = await createAs(world, caller);

    expect(await world.sfu.describeSession(APP, id)).toMatchObject({ metadata: 'fixed' });
    expect(await codeOf(createAs(world, caller, sendingClient('audio'), { metadata: 'mine' }))).toBe('forbidden');
    expect(await codeOf(createAs(world, caller, sendingClient('audio'), { metadata: 'fixed' }))).toBe('done');
    expect(await codeOf(world.sfu.patchSession(APP, id, { metadata: 'mine' }, caller))).toBe('forbidden');
  });

  it('a subject may have so many sessions, and others when those have ended', async () => {
    const world = new SfuUnderTest();
    const caller = { ...ALICE, max: { sessions: 1 } };
    const { id } = await createAs(world, caller);

    expect(await codeOf(createAs(world, { ...caller, jti: 'another-token' }))).toBe('quota_exceeded');
    expect(await codeOf(createAs(world, { ...BOB, max: { sessions: 1 } }))).toBe('done');
    await world.sfu.deleteSession(APP, id, caller);
    expect(await codeOf(createAs(world, caller))).toBe('done');
  });

  it('bounds on media hold for the transport, as the token that created the session has them', async () => {
    const world = new SfuUnderTest();
    const bounded = await createAs(world, { ...ALICE, max: { kbpsUp: 500, kbpsDown: 2_000 } });
    const free = await createAs(world, ALICE);
    const planOf = (id: string) => world.shard.transports.get(id);

    expect(planOf(bounded.id)).toMatchObject({ maxUploadBps: 500_000, maxDownloadBps: 2_000_000 });
    expect(planOf(free.id)).not.toHaveProperty('maxUploadBps');
  });

  it("the node's limits for data hold for every transport", async () => {
    const data = { messagesPerSecond: 100, bytesPerSecond: 1_000_000 };
    const [limited, byDefault] = [new SfuUnderTest({ limits: { data } }), new SfuUnderTest()];
    const planOf = async (world: SfuUnderTest) => world.shard.transports.get((await createAs(world, ALICE)).id);

    expect(await planOf(limited)).toHaveProperty('dataLimits', data);
    expect(await planOf(byDefault)).not.toHaveProperty('dataLimits');
  });

  it('a session that could not be created does not count', async () => {
    const world = new SfuUnderTest();
    const caller = { ...ALICE, max: { sessions: 1 } };

    expect(await codeOf(world.sfu.createSession(APP, { sessionDescription: { type: 'offer', sdp: 'nonsense' } }, {}, caller))).toBe(
      'invalid_session_description',
    );
    expect(await codeOf(createAs(world, caller))).toBe('done');
  });

  it('without data there is no association, unless there is one already', async () => {
    const world = new SfuUnderTest();
    const sessionDescription = { type: 'offer', sdp: capturedOffer('chromium-audio-video-data') } as const;
    const portIn = (sdp = '') => /^m=application (\d+)/m.exec(sdp)?.[1];
    const restricted = { ...ALICE, kinds: ['audio' as const] };

    const without = await world.sfu.createSession(APP, { sessionDescription }, {}, restricted);
    const withData = await world.sfu.createSession(APP, { sessionDescription }, {}, ALICE);
    const again = await world.sfu.renegotiate(APP, withData.sessionId, { sessionDescription }, restricted);

    expect(portIn(without.sessionDescription.sdp)).toBe('0');
    expect(portIn(withData.sessionDescription.sdp)).not.toBe('0');
    expect(portIn(again.sessionDescription?.sdp)).not.toBe('0');
  });
});

describe('revocation', () => {
  it('closes the sessions that belong to a token, or to older tokens of a subject, and says why', async () => {
    const world = new SfuUnderTest();
    const byToken = await createAs(world, ALICE);
    const bySubject = await createAs(world, { ...ALICE, jti: 'another-token', iat: 200 });
    const later = await createAs(world, { ...ALICE, jti: 'a-later-one', iat: 201 });
    await createAs(world, BOB);
    await createAs(world, undefined);

    expect(world.sfu.closeSessionsOf(APP, { by: 'jti', jti: ALICE.jti })).toBe(1);
    expect(world.sfu.closeSessionsOf(APP, { by: 'sub', sub: 'alice', issuedUntil: 200 })).toBe(1);

    for (const { id } of [byToken, bySubject])
      await expect(world.sfu.describeSession(APP, id)).rejects.toMatchObject({
        code: 'session_closed',
        details: { reason: 'token_revoked' },
      });
    expect(world.sfu.stats.sessions).toBe(3);
    expect(await world.sfu.describeSession(APP, later.id)).toMatchObject({ connectionState: 'new' });
  });

  it('of a token closes the session that was changed with it last', async () => {
    const world = new SfuUnderTest();
    const { id } = await createAs(world, ALICE);
    await world.sfu.patchSession(APP, id, { metadata: 'text' }, { ...ALICE, jti: 'renewed' });

    expect(world.sfu.closeSessionsOf(APP, { by: 'jti', jti: ALICE.jti })).toBe(0);
    expect(world.sfu.closeSessionsOf(APP, { by: 'jti', jti: 'renewed' })).toBe(1);
  });
});
