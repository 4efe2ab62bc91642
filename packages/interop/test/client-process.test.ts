import { ClientProcess } from '@causeway/interop';

/** A minimal client that replies with the verb it received, fails on `answer`, and exits without a reply on `close`. */
const SCRIPT = `
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, verb } = JSON.parse(line);
    if (verb === 'close') process.exit(3);
    process.stderr.write('heard ' + verb);
    process.stdout.write(JSON.stringify(verb === 'answer' ? { id, error: 'no ears' } : { id, result: verb }) + '\\n');
  });
`;

let client: ClientProcess;

beforeEach(() => {
  client = new ClientProcess([process.execPath, '--eval', SCRIPT]);
});

afterEach(() => client.stop());

describe('a client in a process of its own', () => {
  it('returns the reply to each call', async () => {
    const calls = [client.call('readState', { peer: 'a' }), client.call('readReceived', { peer: 'a' })];

    expect(await Promise.all(calls)).toEqual(['readState', 'readReceived']);
  });

  it('reports its failure message and its output', async () => {
    await expect(client.call('answer', { peer: 'a', sdp: '' })).rejects.toThrow(/says: no ears\n.*heard answer/s);
  });

  it('fails unanswered and later calls when it ends', async () => {
    await expect(client.call('close', { peer: 'a' })).rejects.toThrow('has ended (3)');
    await expect(client.call('readState', { peer: 'a' })).rejects.toThrow('has ended');
  });

  it('leaves when its stdin ends', async () => {
    await client.call('readState', { peer: 'a' });

    await client.stop();

    await expect(client.call('readState', { peer: 'a' })).rejects.toThrow('has ended');
  });
});
