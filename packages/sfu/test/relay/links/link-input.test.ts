import { linked, twoNodes, type World } from './linked-nodes.ts';

const RELIABLE = { protocol: '', ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };

describe('what comes over a link', () => {
  async function receiving(data: Uint8Array | string): Promise<World> {
    const world = await linked();
    const [transportId = ''] = world.two.shard.transports.keys();
    world.two.shard.send({ type: 'send-data', transportId, streamId: 1, data });
    await world.clock.advance(100);
    return world;
  }

  it.each([
    ['no JSON', 'hello'],
    ['another shape', '[]'],
    ['bytes', Uint8Array.of(1, 2, 3)],
    ['a message of the wrong form', JSON.stringify({ n: 2, m: { type: 'unsubscribe', wantId: 'seven' } })],
    ['more than a message may have', `"${'x'.repeat(20_000)}"`],
  ])('ends the link if it is %s', async (_name, data) => {
    const { one } = await receiving(data);

    expect(one.told).toEqual(['up 2', 'down 2 malformed']);
  });

  it('ends the link if a message was lost in transit', async () => {
    const { one } = await receiving(JSON.stringify({ n: 9, m: { type: 'pulse' } }));

    expect(one.told).toEqual(['up 2', 'down 2 message-lost']);
  });

  it('is skipped if only a later version knows it', async () => {
    const { two, one } = await receiving('{"n":3,"m":{"type":"of-tomorrow","colour":"green"}}');

    expect(one.told).toEqual(['up 2']);
    expect(two.told).toEqual(['up 1']);
  });

  it('ends the link if the other node is not the one it should be', async () => {
    const { clock, one, two } = twoNodes();
    const stranger = { n: 1, m: { type: 'hello', versions: { min: 1, max: 1 }, nodeNo: 3, epoch: 1, softwareVersion: '0.1.0' } };
    one.links.open();
    two.links.open();
    await clock.advance(130);
    const [transportId = ''] = one.shard.transports.keys();

    one.shard.listener({ type: 'data-channel-opened', transportId, streamId: 9, label: 'causeway-control', ...RELIABLE });
    one.shard.listener({ type: 'data-channel-message', transportId, streamId: 9, data: JSON.stringify(stranger) });

    expect(one.state(2)).toEqual({ type: 'waiting', why: 'wrong-identity' });
  });
});
