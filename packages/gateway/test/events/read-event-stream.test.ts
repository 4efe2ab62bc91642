import { readEventStream } from '../../src/events/read-event-stream.ts';

async function readAll(chunks: readonly string[]) {
  const messages = [];
  const bytes = async function* () {
    for (const chunk of chunks) yield Buffer.from(chunk, 'latin1');
  };
  for await (const message of readEventStream(bytes())) messages.push(message);
  return messages;
}

const TEXT = 'retry: 2000\nid: 1-1\n\n: still here\n\nid: 1-2\ndata: {"name":"Ã¼"}\n\nid: 1-3\ndata: {}\n\nid: 1-4\nda';

test('reads messages however the bytes are cut', async () => {
  const expected = [
    { id: '1-1', data: undefined },
    { id: '1-2', data: '{"name":"ü"}' },
    { id: '1-3', data: '{}' },
  ];

  expect(await readAll([TEXT])).toEqual(expected);
  expect(await readAll([...TEXT])).toEqual(expected);
});

test('a line without end is given up', async () => {
  await expect(readAll(Array.from({ length: 10 }, () => 'x'.repeat(10_000)))).rejects.toThrow('a line without end');
});
