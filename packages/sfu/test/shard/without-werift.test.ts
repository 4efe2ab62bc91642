/**
 * W05 of the live attacks found that loading werift holds up a node for 150 ms, in which no client gets a packet.
 * Nothing that ships needs it any more. In a process of its own, whose modules are those of Node and not the test
 * runner's.
 */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

const PROGRAM = `
  import { registerHooks } from 'node:module';
  const seen = [];
  registerHooks({
    load(url, context, nextLoad) {
      if (url.includes('/node_modules/werift/')) seen.push(url);
      return nextLoad(url, context);
    },
  });
  const { createSfu } = await import('@causeway/sfu');
  const sfu = await createSfu({ listenAddress: '127.0.0.1' });
  console.log(JSON.stringify(seen));
  await sfu.close();
`;

test('a node serves without werift', () => {
  const options = ['--conditions=causeway-source', '--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', PROGRAM];
  const output = execFileSync(process.execPath, options, { cwd: resolve(__dirname, '../..'), encoding: 'utf8' });

  expect(JSON.parse(output)).toEqual([]);
});
