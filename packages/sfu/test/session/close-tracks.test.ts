import { TrackId } from '@causeway/protocol';
import { APP } from '../doubles/sfu-under-test.ts';
import { watched } from '../doubles/watched.ts';

describe('closing a track', () => {
  it('as the reference does: removed from the connection, offered, closed', async () => {
    const { world, publisher, viewer } = await watched();
    publisher.client.at('0').direction = 'inactive';

    const reply = await world.sfu.closeTracks(APP, publisher.id, {
      tracks: [{ trackId: 'camera' }],
      sessionDescription: publisher.client.createOffer(),
    });

    expect(reply).toMatchObject({ sessionId: publisher.id, success: true, sessionDescription: { type: 'answer' } });
    expect(reply.tracks).toEqual([{ trackId: 'camera', mid: '0', customTrackName: '', status: 'closed' }]);
    expect(await world.sfu.listTracks(APP, publisher.id)).toEqual([]);
    expect(world.shard.publicationsOf(publisher.id)).toEqual([]);
    expect(world.shard.subscriptionsOf(viewer.id)).toEqual([]);
  });

  it('whose section keeps sending is answered inactive, and the next offer does not publish it again', async () => {
    const { world, publisher } = await watched();

    const reply = await world.sfu.closeTracks(APP, publisher.id, {
      tracks: [{ mid: '0' }],
      sessionDescription: publisher.client.createOffer(),
    });
    publisher.client.applyAnswer(reply.sessionDescription ?? { sdp: '' });
    const direction = publisher.client.lastRemote?.sections[0]?.direction;
    await publisher.offer();

    expect(direction).toBe('inactive');
    expect(publisher.client.lastRemote?.sections[0]?.direction).toBe('inactive');
    expect(world.shard.publicationsOf(publisher.id)).toEqual([]);
  });

  it('needs no SDP, and with force changes none', async () => {
    const { world, publisher } = await watched();
    const other = await world.joinPublisher('other');

    const plain = await world.sfu.closeTracks(APP, publisher.id, { tracks: [{ mid: '0' }] });
    const forced = await world.sfu.closeTracks(APP, other.id, {
      tracks: [{ trackId: 'other' }],
      force: true,
      sessionDescription: other.client.createOffer(),
    });

    expect([plain.sessionDescription, forced.sessionDescription]).toEqual([undefined, undefined]);
    expect(world.shard.publications.size).toBe(0);
  });

  it('that is closed already succeeds', async () => {
    const { world, publisher } = await watched();

    const reply = await world.sfu.closeTracks(APP, publisher.id, { tracks: [{ trackId: 'none' }, { mid: '0' }, { mid: '0' }] });

    expect(reply.success).toBe(true);
    expect(reply.tracks.map(({ status }) => status)).toEqual(['already_closed', 'closed', 'already_closed']);
  });

  it('and publishing it again on the same section makes a new publication under the same id', async () => {
    const { world, publisher, viewer } = await watched();
    await world.sfu.closeTracks(APP, publisher.id, { tracks: [{ trackId: 'camera' }] });

    await world.sfu.publish(APP, publisher.id, {
      tracks: [{ trackId: TrackId.parse('camera'), mid: '0' }],
      sessionDescription: publisher.client.createOffer(),
    });
    const reply = await viewer.receive(publisher.track('camera'));

    expect(reply.tracks[0]).toMatchObject({ mid: 's1', status: 'pending' });
    expect(viewer.client.at('s1').trackEvents).toBe(1);
  });

  it('by stopping its transceiver ends it too', async () => {
    const { world, publisher, viewer } = await watched();
    publisher.client.at('0').isStopped = true;

    await publisher.offer();

    expect(await world.sfu.listTracks(APP, publisher.id)).toEqual([]);
    expect(world.shard.subscriptionsOf(viewer.id)).toEqual([]);
  });

  it('is not what a change of direction does: a track on hold keeps its subscribers', async () => {
    const { world, publisher, viewer } = await watched();
    publisher.client.at('0').direction = 'inactive';
    await publisher.offer();
    const onHold = await world.sfu.listTracks(APP, publisher.id);
    publisher.client.at('0').direction = 'sendonly';

    await publisher.offer();

    expect(onHold).toHaveLength(1);
    expect(publisher.client.lastRemote?.sections[0]?.direction).toBe('recvonly');
    expect(world.shard.subscriptionsOf(viewer.id)[0]?.sourceTrackId).toBe(world.shard.publicationsOf(publisher.id)[0]?.trackId);
  });
});
