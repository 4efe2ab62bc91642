import { SctpChunkType } from '@causeway/wire';
import { AssociationPair } from './association-pair.ts';
import { chunkTypes } from './packets.ts';

test('a stream is reset once for each side, and its numbers begin again', () => {
  const pair = AssociationPair.connected();
  for (let serial = 0; serial < 5; serial++) pair.send(pair.a, { streamId: 4, data: Uint8Array.of(serial) });
  pair.run(1000);

  pair.a.association.resetStream(pair.nowMs, 4);
  pair.run(1000);
  pair.send(pair.a, { streamId: 4, data: Uint8Array.of(9) });
  pair.run(1000);

  expect(pair.b.incomingResets).toEqual([4]);
  expect(pair.a.outgoingResets).toEqual([4]);
  expect(pair.b.messages.map(({ data }) => data[0])).toEqual([0, 1, 2, 3, 4, 9]);
});

test.each(Array.from({ length: 30 }, (_, seed) => seed + 1))(
  'nothing that was sent before is lost, though the network loses a tenth (seed %i)',
  (seed) => {
    const link = { delayMs: 30, jitterMs: 30, lossProbability: 0.1, duplicateProbability: 0.05 };
    const pair = AssociationPair.connected({ seed, link, initialTsn: 0xffff_fff8 });
    const heard: string[] = [];
    pair.b.onMessage = (streamId, _protocolId, data) => heard.push(`${streamId}:${data.length}`);
    pair.b.onIncomingReset = (streamIds) => heard.push(...streamIds.map((streamId) => `${streamId}:reset`));

    for (let serial = 1; serial <= 20; serial++) pair.send(pair.a, { streamId: 5, data: new Uint8Array(serial * 500) });
    pair.a.association.resetStream(pair.nowMs, 5);
    pair.run(20_000);

    expect(heard).toEqual([...Array.from({ length: 20 }, (_, place) => `5:${(place + 1) * 500}`), '5:reset']);
    expect(pair.a.outgoingResets).toEqual([5]);
  },
);

test('a request is repeated until it is answered, and carried out once', () => {
  const pair = AssociationPair.connected();
  let answers = 0;
  pair.back.lose = (packet) => chunkTypes(packet).includes(SctpChunkType.reconfig) && ++answers <= 3;

  pair.a.association.resetStream(pair.nowMs, 6);
  pair.run(10_000);

  expect(answers).toBe(4);
  expect(pair.b.incomingResets).toEqual([6]);
  expect(pair.a.outgoingResets).toEqual([6]);
});

test('a thousand streams are reset in a few requests, one after the other', () => {
  const pair = AssociationPair.connected();

  for (let streamId = 0; streamId < 1000; streamId++) pair.a.association.resetStream(pair.nowMs, streamId);
  pair.run(5000);

  expect(new Set(pair.b.incomingResets).size).toBe(1000);
  expect(pair.a.outgoingResets).toHaveLength(1000);
});
