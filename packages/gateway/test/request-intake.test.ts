import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { RequestIntake } from '../src/http/request-intake.ts';

const KIB = 1024;
const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

/** Connections whose bytes come when the test says so, and turns of the event loop that end when it does. */
class Scene {
  readonly #turns: (() => void)[] = [];
  readonly intake = new RequestIntake((callback) => this.#turns.push(callback));
  /** What the parser was given, as `connection:bytes`. */
  readonly handled: string[] = [];

  connect(name: string, address: string): Connection {
    return new Connection(this, name, address);
  }

  endTurn(): void {
    this.#turns.shift()?.();
  }

  endTurns(): void {
    while (this.#turns.length > 0) this.endTurn();
  }
}

class Connection {
  readonly stream: Duplex;
  readonly text: string[] = [];
  hasEnded = false;
  /** How many times more was to be read from the system. */
  reads = 0;

  constructor(scene: Scene, name: string, remoteAddress: string) {
    const read = (): void => {
      this.reads++;
    };
    this.stream = new Duplex({ read, write: (_chunk, _encoding, done) => done() });
    scene.intake.add(Object.assign(this.stream, { remoteAddress }) as unknown as Socket);
    this.stream.on('data', (data: Buffer) => {
      scene.handled.push(`${name}:${data.length}`);
      this.text.push(data.toString());
    });
    this.stream.on('end', () => {
      this.hasEnded = true;
    });
  }

  /** @returns whether more may be read */
  receive(text: string): boolean {
    return this.stream.push(Buffer.from(text));
  }
}

/** Streams begin to flow a moment after somebody listens. */
async function connected(scene: Scene, ...addresses: readonly string[]): Promise<readonly Connection[]> {
  const connections = addresses.map((address, index) => scene.connect('abcdefgh'[index] ?? '', address));
  await new Promise(process.nextTick);
  return connections;
}

const HERE = '203.0.113.1';
const THERE = '203.0.113.2';

test('of a hundred requests that come at once eight are handled in a turn, and nothing more is read meanwhile', async () => {
  const scene = new Scene();
  const [a] = await connected(scene, HERE);

  const mayRead = a?.receive(REQUEST.repeat(20));
  const atOnce = [...scene.handled];
  scene.endTurn();
  const afterATurn = [...scene.handled];
  scene.endTurns();

  expect(mayRead).toBe(false);
  expect(atOnce).toEqual([`a:${8 * REQUEST.length}`]);
  expect(afterATurn).toEqual([`a:${8 * REQUEST.length}`, `a:${8 * REQUEST.length}`]);
  expect(a?.text.join('')).toBe(REQUEST.repeat(20));
});

test('no more is read from the system before all that was read has been handled', async () => {
  const scene = new Scene();
  const [a] = await connected(scene, HERE);
  const readsBefore = a?.reads;

  a?.receive(REQUEST.repeat(24));
  scene.endTurn();
  await new Promise(setImmediate);
  const readsBetween = a?.reads;
  scene.endTurn();
  await new Promise(setImmediate);

  expect(readsBetween).toBe(readsBefore);
  expect(a?.reads).toBe(Number(readsBefore) + 1);
});

test('a long body is handled in portions of 16 KiB', async () => {
  const scene = new Scene();
  const [a] = await connected(scene, HERE);

  a?.receive('x'.repeat(40 * KIB));
  scene.endTurns();

  expect(scene.handled).toEqual(['a:16384', 'a:16384', 'a:8192']);
});

test('a request is handled at once when nobody had the turn', async () => {
  const scene = new Scene();
  const [a] = await connected(scene, HERE);
  a?.receive(REQUEST);
  scene.endTurns();

  const mayRead = a?.receive(REQUEST);

  expect(mayRead).toBe(true);
  expect(scene.handled).toHaveLength(2);
});

test('client addresses take turns, however many connections one of them has, and so do its connections', async () => {
  const scene = new Scene();
  const [a, b, c] = await connected(scene, HERE, HERE, THERE);

  a?.receive(REQUEST.repeat(24));
  b?.receive(REQUEST.repeat(16));
  c?.receive(REQUEST);
  scene.endTurns();

  expect(scene.handled.map((each) => each[0]).join('')).toBe('aacbab');
});

test('what follows waits its turn, and the end of a connection comes after all that was sent', async () => {
  const scene = new Scene();
  const [a] = await connected(scene, HERE);
  a?.receive(REQUEST.repeat(16));
  a?.stream.push(null);
  await new Promise(setImmediate);
  const before = a?.hasEnded;

  scene.endTurns();
  await new Promise(setImmediate);

  expect([before, a?.hasEnded]).toEqual([false, true]);
  expect(a?.text.join('')).toBe(REQUEST.repeat(16));
});

test('what a connection left behind when it was closed is not handled, and holds up nobody', async () => {
  const scene = new Scene();
  const [a, b] = await connected(scene, HERE, THERE);
  a?.receive(REQUEST.repeat(24));
  b?.receive(REQUEST);
  a?.stream.destroy();
  await new Promise(setImmediate);

  scene.endTurns();

  expect(scene.handled.map((each) => each[0]).join('')).toBe('ab');
});

test('beyond 16 MiB that wait a read is handled at once, so that memory is bounded', async () => {
  const scene = new Scene();
  const connections = await connected(scene, HERE, HERE, HERE);
  for (const connection of connections) connection.receive('x'.repeat(6 * 1024 * KIB));

  const handledOf = (name: string) => scene.handled.filter((each) => each.startsWith(name)).length;
  expect([handledOf('a'), handledOf('b'), handledOf('c')]).toEqual([1, 0, 384]);
});
