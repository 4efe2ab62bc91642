import { SessionId, type SubscribeItem, TrackId } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import type { SdpCodec } from '@causeway/wire';
import { CodecReader } from '../../src/negotiation/codecs.ts';
import { type Joined, SfuUnderTest } from '../doubles/sfu-under-test.ts';

const DECODES = ['vp8', 'opus', 'red'];

async function publishing(world: SfuUnderTest, codecs: readonly string[]): Promise<Joined> {
  const client = new ScriptedClient(DECODES);
  client.addTransceiver('audio', { direction: 'sendonly', trackId: 'voice', streamId: 's', codecs });
  return world.join(client);
}

/** A client whose first offer has a media line of sound, or none. */
async function listening(world: SfuUnderTest, codecs?: readonly string[], decodes = DECODES): Promise<Joined> {
  const client = new ScriptedClient(decodes);
  if (codecs === undefined) client.addDataSection();
  else client.addTransceiver('audio', { direction: 'recvonly', codecs });
  return world.join(client);
}

const voiceOf = ({ id }: Joined): SubscribeItem => ({ remoteSessionId: SessionId.parse(id), remoteTrackId: TrackId.parse('voice') });
const namesOf = (codecs: readonly { readonly name: string }[] | undefined) => codecs?.map(({ name }) => name);
const sentTo = (world: SfuUnderTest, { id }: Joined) =>
  [...world.shard.subscriptions.values()].find(({ transportId }) => transportId === id);

describe('RED', () => {
  it('is accepted from a publisher in its own order, and others are told of Opus alone', async () => {
    const world = new SfuUnderTest();
    const alice = await publishing(world, ['red', 'opus', 'pcmu']);

    expect(namesOf(alice.client.lastRemote?.sections[0]?.codecs)).toEqual(['red', 'opus', 'PCMU']);
    expect(namesOf(world.shard.publicationsOf(alice.id)[0]?.codecs)).toEqual(['red', 'opus', 'pcmu']);
    const [track] = await world.sfu.listTracks('app-one', alice.id);
    expect(track?.codec).toBe('opus');
  });

  it('stays the first choice of a publisher that also listens on the same media line', async () => {
    const world = new SfuUnderTest();
    const alice = await publishing(world, ['opus']);
    const client = new ScriptedClient(DECODES);
    client.addTransceiver('audio', { direction: 'sendrecv', trackId: 'own', streamId: 's', codecs: ['red', 'opus', 'pcmu'] });
    const bob = await world.join(client);
    await bob.receive({ ...voiceOf(alice), mid: '0' });

    const [section] = bob.client.lastRemote?.sections ?? [];
    expect(section?.direction).toBe('sendrecv');
    expect(namesOf(section?.codecs)).toEqual(['red', 'opus', 'PCMU']);
    expect(sentTo(world, bob)?.codecs.map(({ name }) => name)).toEqual(['opus', 'red']);
  });

  it.each([
    ['has described no sound yet', undefined, '96/96'],
    ['lists it on its own media line', ['opus', 'red'], '111/111'],
  ])('is agreed with a subscriber that %s, though the publisher sends none', async (_, codecs, parameters) => {
    const world = new SfuUnderTest();
    const alice = await publishing(world, ['opus']);
    const bob = await listening(world, codecs);
    await bob.receive(voiceOf(alice));

    expect(sentTo(world, bob)?.codecs.map(({ name, fmtp }) => [name, fmtp])).toEqual([
      ['opus', 'minptime=10;useinbandfec=1'],
      ['red', parameters],
    ]);
  });

  it('is neither offered to a subscriber that lists sound without it, nor used if the answer leaves it out', async () => {
    const world = new SfuUnderTest();
    const alice = await publishing(world, ['opus']);
    const bob = await listening(world, ['opus']);
    const carol = await listening(world, undefined, ['opus']);
    for (const each of [bob, carol]) await each.receive(voiceOf(alice));
    await bob.receive({ ...voiceOf(alice), duplicate: true });

    expect(namesOf(bob.client.lastRemote?.sections.at(-1)?.codecs)).toEqual(['opus']);
    expect(namesOf(carol.client.lastRemote?.sections.at(-1)?.codecs)).toEqual(['opus', 'red']);
    for (const each of [bob, carol]) expect(namesOf(sentTo(world, each)?.codecs)).toEqual(['opus']);
  });

  const opus: SdpCodec = { payloadType: 111, name: 'opus', clockRateHz: 48_000, channels: 2, fmtp: '', feedback: [] };
  const red: SdpCodec = { ...opus, payloadType: 63, name: 'red', fmtp: '111/111' };
  it.each([
    ['with Opus three times', { ...red, fmtp: '111/111/111' }, true],
    ['without parameters', { ...red, fmtp: '' }, false],
    ['of a codec that is not there', { ...red, fmtp: '112/112' }, false],
    ['of two codecs', { ...red, fmtp: '111/0' }, false],
    ['of another clock rate', { ...red, clockRateHz: 8000, channels: 1 }, false],
    ['of itself', { ...red, fmtp: '63/63' }, false],
  ])('%s: %#', (_, listed, isSupported) => {
    const names = namesOf(new CodecReader().supported('audio', [opus, listed]));

    expect(names).toEqual(isSupported ? ['opus', 'red'] : ['opus']);
  });
});

describe('NACK for sound', () => {
  it.each([
    [['opus'], false],
    [['opus-nack'], true],
  ])('is asked of a subscriber on new media lines if it has listed it: %j', async (codecs, isAsked) => {
    const world = new SfuUnderTest();
    const alice = await publishing(world, ['opus']);
    const bob = await listening(world, codecs);
    await bob.receive(voiceOf(alice));
    await bob.receive({ ...voiceOf(alice), duplicate: true });

    const offered = bob.client.lastRemote?.sections.at(-1)?.codecs[0]?.feedback.some(({ type }) => type === 'nack');
    expect(offered).toBe(isAsked);
  });

  it('is agreed with a publisher that offers it, and in-band FEC is asked for as it was offered', async () => {
    const world = new SfuUnderTest();
    const alice = await publishing(world, ['opus-nack']);

    expect(world.shard.publicationsOf(alice.id)[0]?.codecs[0]).toMatchObject({ nack: true });
    expect(alice.client.lastRemote?.sections[0]?.codecs[0]?.fmtp).toBe('minptime=10;useinbandfec=1');
  });
});
