/** The naive SFU in a process of its own, for the bench to measure. */

import { once } from 'node:events';
import { answerQuestions } from '@causeway/lab';
import { createNaiveApi } from './http-api.ts';
import { NaiveSfu } from './naive-sfu.ts';
import type { YardstickVerbs } from './yardstick-verbs.ts';

const server = createNaiveApi(new NaiveSfu());

// The process must stay alive for further calls, although the probe unreferenced the channel.
process.channel?.ref();
answerQuestions<YardstickVerbs>(process, {
  async listen() {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('A TCP server on loopback has no port');
    return address.port;
  },
});
