import type { CreateSessionRequest, TokenGrants } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

const ALICE: TokenGrants = { sub: 'alice', jti: 'token-of-alice', iat: 100, exp: 700, group: 'red' };

async function create(world: SfuUnderTest, fields: Omit<CreateSessionRequest, 'sessionDescription'>, caller?: TokenGrants) {
  const client = new ScriptedClient();
  client.addTransceiver('audio', { direction: 'sendonly', trackId: 'voice', streamId: 's' });
  return (await world.sfu.createSession(APP, { ...fields, sessionDescription: client.createOffer() }, {}, caller)).sessionId;
}

describe('groups', () => {
  it('are listed with their sessions, and list them alone', async () => {
    const world = new SfuUnderTest();
    const red = await create(world, { group: 'red', metadata: 'call=1' });
    const blue = await create(world, { group: 'blue', metadata: 'call=12' });
    const none = await create(world, { metadata: 'call=2' });
    const list = async (filter: object) => (await world.sfu.listSessions(APP, filter)).sessions.map(({ sessionId }) => sessionId);

    expect(await list({})).toEqual([red, blue, none]);
    expect(await list({ group: 'red' })).toEqual([red]);
    expect(await list({ group: 'green' })).toEqual([]);
    expect(await list({ metadataPrefix: 'call=1' })).toEqual([red, blue]);
    expect(await list({ metadataPrefix: 'call=1', group: 'blue' })).toEqual([blue]);
    const { sessions } = await world.sfu.listSessions(APP);
    expect(sessions.map(({ group }) => group)).toEqual(['red', 'blue', undefined]);
    expect(await world.sfu.describeSession(APP, red)).toMatchObject({ group: 'red' });
  });

  it('are named in every event of their sessions, to the last', async () => {
    const world = new SfuUnderTest();
    const red = await create(world, { group: 'red' });
    const none = await create(world, {});
    for (const id of [red, none]) await world.sfu.deleteSession(APP, id);

    const of = (id: string) => world.events.filter(({ sessionId }) => sessionId === id);
    expect(of(red).map(({ type }) => type)).toEqual(['session.created', 'track.published', 'track.closed', 'session.closed']);
    expect(of(red).every(({ group }) => group === 'red')).toBe(true);
    expect(of(none).every((event) => !('group' in event))).toBe(true);
  });

  it('are fixed by a token that names one', async () => {
    const world = new SfuUnderTest();
    const other = await create(world, { group: 'blue' });
    const own = await create(world, {}, ALICE);

    await expect(create(world, { group: 'blue' }, ALICE)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(world.sfu.listSessions(APP, { group: 'blue' }, ALICE)).rejects.toMatchObject({ code: 'forbidden' });
    const { sessions } = await world.sfu.listSessions(APP, {}, ALICE);
    expect(sessions.map(({ sessionId, group }) => [sessionId, group])).toEqual([[own, 'red']]);
    expect(await world.sfu.describeSession(APP, other, ALICE)).toMatchObject({ group: 'blue' });
  });
});

test('a listener of the SFU hears of everything from then on, until it stops or the SFU ends', async () => {
  const world = new SfuUnderTest();
  await create(world, {});
  const heard: string[] = [];
  const note = { onEvent: ({ type }: { type: string }) => void heard.push(type), onClosed: () => void heard.push('end') };
  const stopOne = world.sfu.watch(note);
  world.sfu.watch(note);

  await create(world, {});
  expect(heard).toEqual(['session.created', 'session.created', 'track.published', 'track.published']);
  heard.length = 0;
  stopOne();
  await world.sfu.close();

  expect(heard.filter((type) => type === 'session.closed')).toHaveLength(2);
  expect(heard.at(-1)).toBe('end');
  expect(heard.filter((type) => type === 'end')).toHaveLength(1);
});
