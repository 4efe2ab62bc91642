/** A stranger in a process of its own: `flooder-main.ts KIND PER_SECOND PORT ADDRESS...` sends until it is told to stop, and says how much. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { clientHello, randomDatagram } from './datagrams.ts';

const DIFFERENT_DATAGRAMS = 1000;
/** After a pause for want of a core it does not make up for all that it missed. */
const MAX_AT_ONCE = 200;

const [kind, perSecond, port, ...addresses] = process.argv.slice(2);
const make = kind === 'hellos' ? clientHello : randomDatagram;
const datagrams = Array.from({ length: DIFFERENT_DATAGRAMS }, make);
const sockets = await Promise.all(
  addresses.map(async (address) => {
    const socket = createSocket('udp4').bind(0, address);
    await once(socket, 'listening');
    return { socket, address };
  }),
);
let [sent, answered, dueSince] = [0, 0, performance.now()];
let owed = 0;
for (const { socket } of sockets) socket.on('message', () => answered++).on('error', () => undefined);
setInterval(() => {
  const nowMs = performance.now();
  owed = Math.min(MAX_AT_ONCE, owed + ((nowMs - dueSince) * Number(perSecond)) / 1000);
  dueSince = nowMs;
  for (; owed >= 1; owed--) {
    const { socket, address } = sockets[sent % sockets.length] ?? {};
    socket?.send(datagrams[sent++ % datagrams.length] ?? '', Number(port), address);
  }
}, 1);
process.on('message', () => process.send?.({ sent, answered }, () => process.exit()));
process.once('disconnect', () => process.exit());
