/** Turns that are held in a real process, which does everything else all the same. */
import { type ChildProcess, fork } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { loadSystemCalls } from '../../src/io/system-calls.ts';

const MAIN = fileURLToPath(new URL('holding-main.ts', import.meta.url));
const hasCalls = loadSystemCalls() !== undefined;
const INSPECTOR = /^Debugger listening on (ws:\S+)/;

interface Held {
  readonly child: ChildProcess;
  readonly inspectorUrl: Promise<string>;
  stop(): Promise<void>;
}

/** Starts a process whose port is sent a datagram every millisecond. */
async function startHeld(): Promise<Held> {
  const child = fork(MAIN, {
    execArgv: ['--conditions=causeway-source', '--inspect=127.0.0.1:0'],
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  const inspectorUrl = new Promise<string>((resolve) => {
    if (child.stderr === null) return;
    createInterface(child.stderr).on('line', (line) => {
      const url = INSPECTOR.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const socket: Socket = createSocket('udp4');
  const flood = setInterval(() => socket.send('not media', port, '127.0.0.1'), 1);
  return {
    child,
    inspectorUrl,
    async stop() {
      clearInterval(flood);
      socket.close();
      if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
    },
  };
}

async function ask(child: ChildProcess, question: number): Promise<{ readonly answer: number; readonly sleptMs: number }> {
  const answered = once(child, 'message');
  child.send(question);
  const [reply] = await answered;
  return reply;
}

describe('a process whose turns are held', () => {
  let held: Held;
  beforeEach(async () => {
    held = await startHeld();
    while (hasCalls && (await ask(held.child, 0)).sleptMs === 0);
  });
  afterEach(() => held.stop());

  test('answers its other callers while packets come', async () => {
    const answers: number[] = [];
    for (let question = 0; question < 100; question++) answers.push((await ask(held.child, question)).answer);

    expect(answers).toEqual(answers.map((_, question) => question));
  });

  test('ends on a signal, and with the code that it wants', async () => {
    const ended = once(held.child, 'exit');

    held.child.kill('SIGTERM');

    expect(await ended).toEqual([7, null]);
  });

  test('can be inspected', async () => {
    const socket = new WebSocket(await held.inspectorUrl);
    await once(socket, 'open');
    const replied = once(socket, 'message');

    socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: '6 * 7' } }));
    const [{ data }] = (await replied) as [{ readonly data: string }];
    socket.close();

    expect(JSON.parse(data)).toMatchObject({ id: 1, result: { result: { value: 42 } } });
  });
});
