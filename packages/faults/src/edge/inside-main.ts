/** A process inside one of the network namespaces, for operations that are possible only there. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerQuestions } from '@causeway/lab';
import { forgeStorm } from './forged-storm.ts';
import type { InsideVerbs } from './inside-verbs.ts';
import { openRawSocket } from './raw-socket.ts';

const FETCH_DEADLINE_MS = 5_000;
const CONNECT_DEADLINE_MS = 2_000;
const TICK_MS = 5;

const held: Socket[] = [];

answerQuestions<InsideVerbs>(process, {
  async fetchText(url) {
    try {
      const reply = await fetch(url, { signal: AbortSignal.timeout(FETCH_DEADLINE_MS) });
      const dateMs = Date.parse(reply.headers.get('date') ?? '');
      return { status: reply.status, text: await reply.text(), dateMs };
    } catch (error) {
      return { status: 0, text: String(error) };
    }
  },
  async storm({ withinMs, ...storm }) {
    const socket = openRawSocket(storm.target);
    const packets = [...forgeStorm(storm)];
    const startedAtMs = performance.now();
    let sent = 0;
    for (let next = 0; next < packets.length; ) {
      const due = Math.min(packets.length, Math.ceil((packets.length * (performance.now() - startedAtMs)) / withinMs));
      for (; next < due; next++) if (socket.send(packets[next] ?? new Uint8Array(0))) sent++;
      await sleep(TICK_MS);
    }
    socket.close();
    return { sent, refused: packets.length - sent };
  },
  async holdConnections({ address, port, count }) {
    for (let index = 0; index < count; index++) {
      const socket = connect(port, address);
      socket.on('error', () => socket.destroy());
      held.push(socket);
    }
    const signal = AbortSignal.timeout(CONNECT_DEADLINE_MS);
    await Promise.allSettled(held.filter(({ connecting }) => connecting).map((socket) => once(socket, 'connect', { signal })));
    return held.filter(({ readyState }) => readyState === 'open').length;
  },
  releaseConnections() {
    for (const socket of held.splice(0)) socket.destroy();
  },
});
process.once('disconnect', () => process.exit());
process.on('SIGINT', () => {});
