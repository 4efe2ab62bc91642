/** The process of a flooder. It is separate from the one that measures, and sends until it is ended. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { answerQuestions } from '@causeway/lab';
import { clientHello, randomDatagram } from './datagrams.ts';
import type { FlooderVerbs } from './flooder.ts';

const DIFFERENT_DATAGRAMS = 1000;
/** After a pause because no core was free, it does not send everything that it missed. */
const MAX_AT_ONCE = 200;

let [sent, answered] = [0, 0];

answerQuestions<FlooderVerbs>(process, {
  async start({ kind, perSecond, port, addresses }) {
    const datagrams = Array.from({ length: DIFFERENT_DATAGRAMS }, kind === 'hellos' ? clientHello : randomDatagram);
    const sockets = await Promise.all(
      addresses.map(async (address) => {
        const socket = createSocket('udp4').bind(0, address);
        await once(socket, 'listening');
        socket.on('message', () => answered++).on('error', () => undefined);
        return { socket, address };
      }),
    );
    let [owed, dueSince] = [0, performance.now()];
    setInterval(() => {
      const nowMs = performance.now();
      owed = Math.min(MAX_AT_ONCE, owed + ((nowMs - dueSince) * perSecond) / 1000);
      dueSince = nowMs;
      for (; owed >= 1; owed--) {
        const { socket, address } = sockets[sent % sockets.length] ?? {};
        socket?.send(datagrams[sent++ % datagrams.length] ?? '', port, address);
      }
    }, 1);
  },
  report: () => ({ sent, answered }),
});
process.once('disconnect', () => process.exit());
