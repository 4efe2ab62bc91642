import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openBatchedSocket } from '../src/data/batched-socket.ts';

const LOOPBACK = '127.0.0.1';
const APPLICATION_DATA = 23;

describe('a batched socket', () => {
  let sfu: Socket;

  beforeEach(async () => {
    sfu = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 }).bind(0, LOOPBACK);
    await once(sfu, 'listening');
  });

  afterEach(() => void sfu.close());

  it('sends more datagrams than one call takes, in order, though the caller reuses the bytes', async () => {
    const received: number[] = [];
    sfu.on('message', (datagram) => received.push(datagram.readUInt16BE(1)));
    const socket = await openBatchedSocket({ address: LOOPBACK, port: sfu.address().port }, () => {});
    const bytes = Buffer.alloc(200, APPLICATION_DATA);
    for (let number = 0; number < 200; number++) {
      bytes.writeUInt16BE(number, 1);
      socket.send(bytes);
    }
    while (received.length < 200) await nextTurn();
    expect(received).toEqual(Array.from({ length: 200 }, (_, number) => number));
    socket.close();
  });

  it('receives what its SFU sends, and nothing from others', async () => {
    const received: string[] = [];
    const socket = await openBatchedSocket({ address: LOOPBACK, port: sfu.address().port }, (datagram) =>
      received.push(Buffer.from(datagram).toString()),
    );
    const stranger = createSocket('udp4');
    await new Promise((resolve) => stranger.send('stranger', socket.local.port, LOOPBACK, resolve));
    sfu.send('one', socket.local.port, LOOPBACK);
    sfu.send('two', socket.local.port, LOOPBACK);
    while (received.length < 2) await nextTurn();
    expect(received).toEqual(['one', 'two']);
    stranger.close();
    socket.close();
    socket.close();
    socket.send(Buffer.from('late'));
  });
});
