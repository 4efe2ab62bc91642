import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { AppId } from '@causeway/protocol';
import type { SfuEvent } from '@causeway/sfu';
import { EventDesk } from '../../src/events/event-desk.ts';
import { positionsToKeep } from '../../src/events/event-position.ts';

const APP_ID = AppId.parse('app');
const NODE_NO = 101;

/** A client of node 101 that comes back, and what it is sent. */
function comeBack(desk: EventDesk, lastEventId: string, otherNodes: readonly number[] = []) {
  const written: string[] = [];
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  response.write = (text: unknown) => {
    written.push(`${text}`);
    return true;
  };
  const hasNode = (nodeNo: number) => otherNodes.includes(nodeNo);
  desk.open(response, { scope: { appId: APP_ID, sessionId: undefined }, kind: 'client', lastEventId, hasNode });
  return { response, written };
}

function positions(nodeNos: readonly number[]): string {
  return nodeNos.map((nodeNo) => `${nodeNo}-${1000 + nodeNo}`).join(',');
}

test('for a client that names hundreds of absent nodes, only the few most recent ones are repeated', () => {
  const invented = Array.from({ length: 600 }, (_, place) => 200 + place);
  const { response, written } = comeBack(new EventDesk({ nodeNo: NODE_NO }), positions([102, ...invented]), [102]);

  const ids = /^id: (.*)$/m.exec(written[0] ?? '')?.[1]?.split(',') ?? [];

  expect(ids).toHaveLength(2 + 16);
  expect(ids).toEqual(expect.arrayContaining(['102-1102', '799-1799', '784-1784', expect.stringMatching(/^101-/)]));
  response.emit('close');
});

test('positions of all nodes that are there are kept, however many', () => {
  const given = new Map(Array.from({ length: 400 }, (_, nodeNo) => [nodeNo, 1]));

  expect([...positionsToKeep(given, () => true)]).toEqual([...given]);
});

test('nothing is put together for a client that is gone', () => {
  const desk = new EventDesk({ nodeNo: NODE_NO, wallClock: () => 1_000_000 });
  for (let count = 0; count < 1000; count++) desk.note({ type: 'session.created', appId: APP_ID, sessionId: `${count}` } as SfuEvent);
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  let roomAsked = 0;
  Object.defineProperty(response, 'writableNeedDrain', { get: () => ++roomAsked < 0 });
  response.write = () => {
    if (roomAsked === 10) response.destroy();
    return true;
  };

  desk.open(response, { scope: { appId: APP_ID, sessionId: undefined }, kind: 'client', lastEventId: '101-1', hasNode: () => false });

  expect(roomAsked).toBe(10);
  response.emit('close');
});
