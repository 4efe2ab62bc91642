import { SOCKET_ADDRESS_BYTES, writeSocketAddress } from '../../src/io/remote-address.ts';
import { type LocalSocket, PathTable, SocketPath } from '../../src/io/socket-path.ts';

const [HERE, THERE] = [{ address: '127.0.0.1' }, { address: '127.0.0.2' }] as unknown as [LocalSocket, LocalSocket];
/** Sources are looked up in the middle of others. */
const AT_WORD = SOCKET_ADDRESS_BYTES / 4;

function wordsOf(address: string, port: number): Int32Array {
  const words = new Int32Array((3 * SOCKET_ADDRESS_BYTES) / 4).fill(0x5a5a_5a5a);
  writeSocketAddress(new Uint8Array(words.buffer), SOCKET_ADDRESS_BYTES, address, port);
  return words;
}

function tableOf(...sources: readonly (readonly [LocalSocket, string, number])[]): [PathTable, SocketPath[]] {
  const table = new PathTable();
  const paths = sources.map((source) => new SocketPath(...source));
  for (const path of paths) table.add(path);
  return [table, paths];
}

describe('a source in the form of the system', () => {
  test('is found among others that differ from it in one thing', () => {
    const [table, paths] = tableOf(
      [HERE, '192.0.2.1', 4000],
      [HERE, '192.0.2.2', 4000],
      [THERE, '192.0.2.1', 4000],
      [HERE, '192.0.2.1', 4001],
      [HERE, '2001:db8::1', 4000],
      [HERE, '2001:db8::2', 4000],
      [HERE, '2001:db8:0:0:1::1', 4000],
    );

    for (const path of paths) {
      const words = wordsOf(path.remoteAddress, path.remotePort);
      expect(table.findSource(path.shared, words, AT_WORD, path.remotePort)).toBe(path);
    }
  });

  test('is not found when its path was removed, nor when there was none', () => {
    const [table, [path]] = tableOf([HERE, '192.0.2.1', 4000]);

    const unknown = table.findSource(HERE, wordsOf('192.0.2.3', 4000), AT_WORD, 4000);
    if (path !== undefined) table.remove(path);

    expect([unknown, table.findSource(HERE, wordsOf('192.0.2.1', 4000), AT_WORD, 4000)]).toEqual([undefined, undefined]);
  });

  test('with a zone differs from the same address without', () => {
    const [table] = tableOf([HERE, 'fe80::1', 4000]);
    const words = wordsOf('fe80::1', 4000);
    const scopeWord = AT_WORD + 6;
    words[scopeWord] = 2;

    expect(table.findSource(HERE, words, AT_WORD, 4000)).toBeUndefined();
  });

  test('whose path has a zone is left to be found by its text', () => {
    const [table, [path]] = tableOf([HERE, 'fe80::1%eth0', 4000]);

    expect(table.findSource(HERE, wordsOf('fe80::1', 4000), AT_WORD, 4000)).toBeUndefined();
    expect(table.find(HERE, 'fe80::1%eth0', 4000)).toBe(path);
  });
});
