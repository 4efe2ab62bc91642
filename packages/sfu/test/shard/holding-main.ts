/** A node's media in a process of its own, for `holding.test.ts`: tells its port, and ends when it is told to. */
import { createSecureSuite } from '@causeway/secure';
import { InlineShard } from '../../src/shard/inline-shard.ts';

const suite = await createSecureSuite();
const shard = new InlineShard({ suite, addresses: ['127.0.0.1'], port: 0, connectPaths: true, maxConnectedSockets: 0 });
await shard.open();
process.on('SIGTERM', () => process.exit(7));
process.on('message', (question) => process.send?.({ answer: question, sleptMs: shard.sleptMs }));
process.send?.({ port: shard.port });
