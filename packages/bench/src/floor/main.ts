/**
 * The lower bound for every SFU on this machine: the cost of sending the datagrams and nothing else. No packet arrives, and
 * nothing is copied or encrypted. It uses connected sockets, because they are the cheapest in Node.
 */

import { createSocket, type Socket } from 'node:dgram';
import { answerQuestions } from '@causeway/lab';
import { createPacedSource, type PacedSource } from '@causeway/loadtest';
import type { FloorVerbs } from './floor-verbs.ts';

const sockets: Socket[] = [];
let source: PacedSource | undefined;
let sentRounds = 0;

// The process must stay alive for further calls, although the probe unreferenced the channel.
process.channel?.ref();
answerQuestions<FloorVerbs>(process, {
  async aim(ports) {
    for (const port of ports) sockets.push(await connectedSocket(port));
  },
  start({ packetsPerSecond, datagramBytes }) {
    const datagram = Buffer.alloc(datagramBytes, 0x5a);
    source = createPacedSource(packetsPerSecond, () => {
      for (const socket of sockets) socket.send(datagram);
      sentRounds++;
    });
    source.start();
  },
  pause() {
    source?.pause();
    source = undefined;
  },
  sentRounds: () => sentRounds,
});

function connectedSocket(port: number): Promise<Socket> {
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.connect(port, '127.0.0.1', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
