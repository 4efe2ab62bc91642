import { createServer } from 'node:net';
import { AskedChild, Child, findFreePort, findTakenPorts, untilReady } from '@causeway/lab';

function run(script: string, onLine?: (line: string, stream: 'stdout' | 'stderr') => void): Child {
  return new Child({
    name: 'sample',
    command: [process.execPath, '--eval', script],
    environment: process.env,
    folder: __dirname,
    ...(onLine === undefined ? {} : { onLine }),
  });
}

describe('a child process', () => {
  it('keeps its output of both streams, and passes on whole lines', async () => {
    const lines: string[] = [];
    const child = run("process.stdout.write('one\\ntw'); process.stdout.write('o\\n'); process.stderr.write('three\\n');", (line, stream) =>
      lines.push(`${stream}: ${line}`),
    );

    await child.ended;

    expect(lines.toSorted()).toEqual(['stderr: three', 'stdout: one', 'stdout: two']);
    expect(child.log).toContain('three');
    expect(child.ending).toBe(0);
  });

  it('ends with a reason if the program does not exist', async () => {
    const child = new Child({ name: 'none', command: ['/no/such/program'], environment: {}, folder: __dirname });

    await child.ended;

    expect(child.hasEnded).toBe(true);
    expect(child.log).toContain('ENOENT');
  });

  it('ends when it is stopped, even while it is suspended', async () => {
    const child = run("console.log('up'); setInterval(() => {}, 1000);");
    await new Promise((resolve) => child.process.stdout?.once('data', resolve));

    child.signal('SIGSTOP');

    expect(await child.stop()).toBe('SIGTERM');
  });

  it('fails the wait for readiness at once if it ends before it is ready', async () => {
    const child = run("console.error('no ears'); process.exit(3);");

    await expect(untilReady(child, 'http://127.0.0.1:9/')).rejects.toThrow(/sample ended at once \(3\)\n.*no ears/s);
  });

  it('fails pending requests when it ends', async () => {
    const asked = new AskedChild<{ never(): void }>({ name: 'mute', program: `${__dirname}/mute-program.ts` });

    const answer = asked.ask('never');
    await asked.child.kill();

    await expect(answer).rejects.toThrow('The process "mute" ended (SIGKILL)');
  });
});

describe('ports', () => {
  it('are free when they are found, and are reported as taken while a program listens on them', async () => {
    const port = await findFreePort('tcp');
    expect(await findTakenPorts([['tcp', port]])).toEqual([]);
    const server = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));

    expect(await findTakenPorts([['tcp', port]])).toEqual([['tcp', port]]);

    await new Promise((resolve) => server.close(resolve));
  });
});
