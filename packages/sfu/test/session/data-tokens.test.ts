import { DataChannelName, TokenGrants } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

const grants = (changes: Partial<TokenGrants>): TokenGrants =>
  TokenGrants.parse({ sub: 'user-1', jti: 'token-1', iat: 1_700_000_000, exp: 1_700_000_600, ...changes });

/** A session that was created with a token, perhaps changed with a later one, whose page opens a channel. */
async function openWith(token: TokenGrants, label: string, later = token) {
  const world = new SfuUnderTest();
  const client = new ScriptedClient();
  client.addDataSection();
  const { sessionId } = await world.sfu.createSession(APP, { sessionDescription: client.createOffer() }, {}, token);
  world.shard.connect(sessionId);
  await world.sfu.patchSession(APP, sessionId, { metadata: 'changed' }, later);
  const reliability = { ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };
  world.shard.listener({ type: 'data-channel-opened', transportId: sessionId, streamId: 0, label, protocol: '', ...reliability });
  return { world, sessionId };
}

test('a channel that the page opens is published if its token allows data, publishing, and the name', async () => {
  const { world, sessionId } = await openWith(grants({ kinds: ['data'], act: ['create', 'publish'], names: ['user-1-*'] }), 'user-1-chat');

  expect((await world.sfu.listDataChannels(APP, sessionId)).published).toMatchObject([{ dataChannelName: 'user-1-chat' }]);
});

test.each<[string, Partial<TokenGrants>]>([
  ['not data', { kinds: ['audio'] }],
  ['not to publish', { act: ['create', 'subscribe'] }],
  ['another name', { names: ['user-2-*'] }],
])('it is closed, with an event, if the latest token of its session allows %s', async (_what, changes) => {
  const { world, sessionId } = await openWith(grants({}), 'user-1-chat', grants(changes));

  expect((await world.sfu.listDataChannels(APP, sessionId)).published).toEqual([]);
  expect(world.shard.dataCommands).toContainEqual({ type: 'close-data-channel', transportId: sessionId, streamId: 0 });
  expect(world.events.at(-1)).toMatchObject({ type: 'datachannel.failed', errorCode: 'forbidden' });
});

test('calls are held to the token that makes them', async () => {
  const { world, sessionId } = await openWith(grants({}), 'chat');
  const item = { dataChannelName: DataChannelName.parse('user-1-chat') };
  const publish = (token: TokenGrants) => world.sfu.publishDataChannels(APP, sessionId, { dataChannels: [item] }, token);
  const subscribe = (token: TokenGrants, remoteSessionId: string) =>
    world.sfu.subscribeDataChannels(APP, sessionId, { dataChannels: [{ remoteSessionId, dataChannelName: 'chat' }] }, token);
  const other = 'session-101-00000000-0000-4000-8000-000000000000';

  await expect(publish(grants({ names: ['user-2-*'] }))).rejects.toMatchObject({ code: 'forbidden' });
  await expect(publish(grants({ kinds: ['video'] }))).rejects.toMatchObject({ code: 'forbidden' });
  await expect(subscribe(grants({ kinds: ['video'] }), sessionId)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(subscribe(grants({ act: ['publish'] }), sessionId)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(subscribe(grants({ subs: ['none'] }), other)).rejects.toMatchObject({ code: 'session_not_found' });
  await expect(publish(grants({ sub: 'user-2' }))).rejects.toMatchObject({ code: 'forbidden' });
  expect((await subscribe(grants({}), sessionId)).dataChannels).toMatchObject([{ dataChannelName: 'chat', id: 129 }]);
});
