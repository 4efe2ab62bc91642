import { refusal, SESSION_ID } from '@causeway/testkit/fake-sfu-api';
import { settle } from '@causeway/testkit/manual-clock';
import { openConnected } from '../fakes/open-connected.ts';

const REMOTE = { remoteSessionId: 'session-7-other', dataChannelName: 'chat' };

describe('publishing a data channel', () => {
  test('the first channel adds the media line', async () => {
    const { session, calls } = await openConnected();

    const channel = await session.publishData({ name: 'chat', retain: 'last', ordered: false, maxRetransmits: 0 });

    expect(channel).toMatchObject({ label: 'chat', init: { ordered: false, maxRetransmits: 0 } });
    expect(calls('publishDataChannels')[0]).toEqual([
      SESSION_ID,
      {
        dataChannels: [{ dataChannelName: 'chat', retain: 'last', ordered: false, maxRetransmits: 0 }],
        sessionDescription: { type: 'offer', sdp: expect.stringContaining('m=application') },
      },
    ]);
  });

  test('later channels are announced before they open, without SDP', async () => {
    const { session, api, peer, calls } = await openConnected();
    await session.publishData({ name: 'chat' });
    api.next('publishDataChannels', refusal('rate_limited', { isRetryable: false }));

    await expect(session.publishData({ name: 'bus', bus: true })).rejects.toMatchObject({ code: 'rate_limited' });
    expect(peer.channels.map(({ label }) => label)).toEqual(['chat']);
    await session.publishData({ name: 'bus', bus: true });

    expect(peer.channels.map(({ label }) => label)).toEqual(['chat', 'bus']);
    expect(calls('publishDataChannels').at(-1)).toEqual([SESSION_ID, { dataChannels: [{ dataChannelName: 'bus', bus: true }] }]);
  });

  test('waiting for a channel fails if the channel is closed or the session ends before it opens', async () => {
    const { session, peer } = await openConnected();
    peer.opensChannels = false;

    const refused = session.publishData({ name: 'chat' });
    await settle();
    peer.channels[0]?.close();
    await expect(refused).rejects.toThrow('chat was closed before it was open');
    const waiting = session.publishData({ name: 'bus' });
    await settle();
    await session.leave();

    await expect(waiting).rejects.toThrow('This session has ended.');
  });

  test('a first channel that is refused is closed', async () => {
    const { session, api, peer } = await openConnected();
    api.next('publishDataChannels', refusal('quota_exceeded'));

    await expect(session.publishData({ name: 'chat' })).rejects.toMatchObject({ code: 'quota_exceeded' });

    expect(peer.channels[0]?.readyState).toBe('closed');
    expect(peer.signalingState).toBe('stable');
  });
});

describe('subscribing to a data channel', () => {
  test('answers the offer, uses the stream id and reliability of the reply, and sends a first message', async () => {
    const { session, api, calls } = await openConnected();
    api.next('subscribeDataChannels', {
      immediateRenegotiationRequired: true,
      sessionDescription: { type: 'offer', sdp: 'offer\nm=application 9\n' },
      dataChannels: [{ ...REMOTE, id: 6, ordered: false, maxPacketLifeTime: 100 }],
    });

    const channel = await session.subscribeData({ ...REMOTE, canReply: 'many' });

    expect(calls('subscribeDataChannels')[0]).toEqual([
      SESSION_ID,
      { dataChannels: [{ ...REMOTE, canReply: 'many', negotiated: true, waitForAck: true }] },
    ]);
    expect(calls('renegotiate')[0]?.at(-1)).toMatchObject({ sessionDescription: { type: 'answer' } });
    expect(channel).toMatchObject({ label: 'chat', init: { negotiated: true, id: 6, ordered: false, maxPacketLifeTime: 100 } });
    expect(channel.sent).toEqual(['ready']);
  });

  test('a second subscription to the same channel returns the existing one', async () => {
    const { session, peer } = await openConnected();

    const first = await session.subscribeData(REMOTE);
    const second = await session.subscribeData(REMOTE);

    expect(second).toBe(first);
    expect(peer.channels).toHaveLength(1);
  });

  test('a channel that was closed is replaced by a new one on the same stream', async () => {
    const { session } = await openConnected();
    const first = await session.subscribeData(REMOTE);
    first.close();

    expect(await session.subscribeData(REMOTE)).not.toBe(first);
  });

  test('subscribing to a channel that does not exist fails', async () => {
    const { session, api } = await openConnected();
    api.next('subscribeDataChannels', refusal('data_channel_not_found', { items: [{ errorCode: 'data_channel_not_found' }] }));

    await expect(session.subscribeData(REMOTE)).rejects.toMatchObject({ code: 'data_channel_not_found' });
  });
});

test('a change of a subscription names its media line', async () => {
  const { session, calls } = await openConnected();

  await session.update('1', { quality: 'low', paused: false });

  expect(calls('updateTracks')).toEqual([[SESSION_ID, { tracks: [{ mid: '1', quality: 'low', paused: false }] }]]);
});

test('an ICE restart is sent as an offer with renegotiate', async () => {
  const { session, peer, calls } = await openConnected();

  await session.renegotiate({ iceRestart: true });

  expect(peer.restarts).toBe(1);
  expect(calls('renegotiate')[0]?.at(-1)).toMatchObject({ sessionDescription: { type: 'offer' } });
});
