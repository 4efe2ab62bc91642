import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, type Joined } from '../doubles/sfu-under-test.ts';
import { ClusterUnderTest } from './doubles/cluster-under-test.ts';

async function joinWithData(cluster: ClusterUnderTest, nodeNo: number): Promise<Joined> {
  const { world, shard } = cluster.node(nodeNo);
  const client = new ScriptedClient();
  client.addDataSection();
  const joined = await world.join(client);
  shard.connect(joined.id);
  return joined;
}

test('a data channel of another node is found in the registry, and refused with the reason', async () => {
  const cluster = await ClusterUnderTest.linked([1, 2]);
  const publisher = await joinWithData(cluster, 1);
  const viewer = await joinWithData(cluster, 2);
  const reliability = { ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };
  const channel = { streamId: 0, label: 'chat', protocol: '', ...reliability };
  cluster.node(1).shard.listener({ type: 'data-channel-opened', transportId: publisher.id, ...channel });
  await cluster.clock.advance(10);
  const subscribe = (dataChannelName: string) =>
    cluster.node(2).world.sfu.subscribeDataChannels(APP, viewer.id, {
      dataChannels: [{ remoteSessionId: publisher.id, dataChannelName }],
    });

  await expect(subscribe('chat')).rejects.toMatchObject({ code: 'relay_unavailable', message: expect.stringContaining('node 1') });
  await expect(subscribe('chess')).rejects.toMatchObject({ code: 'data_channel_not_found' });
});
