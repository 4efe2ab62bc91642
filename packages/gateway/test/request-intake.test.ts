import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { RequestIntake } from '../src/http/request-intake.ts';

const KIB = 1024;
const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

/** Connections whose bytes come when the test says so, and turns of the event loop that end when it does. */
class Scene {
  #callbacks: (() => void)[] = [];
  nowMs = 0;
  readonly intake = new RequestIntake(
    (callback) => this.#callbacks.push(callback),
    () => this.nowMs,
  );
  /** What the parser was given, as `connection:bytes`. */
  readonly handled: string[] = [];

  connect(name: string, address: string): Connection {
    return new Connection(this, name, address);
  }

  endTurn(): void {
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    for (const callback of callbacks) callback();
  }

  endTurns(): void {
    while (this.#callbacks.length > 0) this.endTurn();
  }
}

class Connection {
  readonly stream: Duplex;
  readonly text: string[] = [];
  hasEnded = false;
  /** How many times more was to be read from the system. */
  reads = 0;
  /** What each slice takes. */
  costMs = 0;
  readonly #intake: RequestIntake;

  constructor(scene: Scene, name: string, remoteAddress: string) {
    const read = (): void => {
      this.reads++;
    };
    this.#intake = scene.intake;
    this.stream = new Duplex({ read, write: (_chunk, _encoding, done) => done() });
    scene.intake.add(Object.assign(this.stream, { remoteAddress }) as unknown as Socket);
    this.stream.on('data', (data: Buffer) => {
      scene.handled.push(`${name}:${data.length}`);
      scene.nowMs += this.costMs;
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

  /** As when the parser has come upon a request. */
  parse(isComplete = true): ParsedRequest {
    const request = Object.assign(new EventEmitter(), { socket: this.stream, complete: isComplete });
    const response = new EventEmitter();
    this.#intake.noteRequest(request as unknown as IncomingMessage, response as unknown as ServerResponse);
    return {
      request,
      answer: () => {
        request.complete = true;
        response.emit('close');
      },
    };
  }
}

interface ParsedRequest {
  readonly request: { complete: boolean };
  answer(): void;
}

/** Streams begin to flow a moment after a listener is added. */
async function connected(scene: Scene, ...addresses: readonly string[]): Promise<readonly Connection[]> {
  const connections = addresses.map((address, index) => scene.connect('abcdefgh'[index] ?? '', address));
  await new Promise(process.nextTick);
  return connections;
}

async function connectedOne(scene: Scene): Promise<Connection> {
  const [connection] = await connected(scene, HERE);
  if (connection === undefined) throw new Error('there is no connection');
  return connection;
}

const HERE = '203.0.113.1';
const THERE = '203.0.113.2';

describe('in a turn', () => {
  test('one of the requests that come at once is handled immediately and two in each turn, and nothing more is read until then', async () => {
    const scene = new Scene();
    const a = await connectedOne(scene);

    const mayRead = a.receive(REQUEST.repeat(20));
    const atOnce = scene.handled.length;
    scene.endTurn();
    const afterATurn = scene.handled.length;
    scene.endTurns();

    expect([mayRead, atOnce, afterATurn]).toEqual([false, 1, 3]);
    expect(new Set(scene.handled)).toEqual(new Set([`a:${REQUEST.length}`]));
    expect(a.text.join('')).toBe(REQUEST.repeat(20));
  });

  test('no request is begun a quarter of a millisecond after the first', async () => {
    const scene = new Scene();
    const a = await connectedOne(scene);
    a.costMs = 0.3;

    a.receive(REQUEST.repeat(20));
    scene.endTurn();

    expect(scene.handled).toHaveLength(2);
  });

  test('a long body is handled in portions of 16 KiB, one in a turn', async () => {
    const scene = new Scene();
    const a = await connectedOne(scene);

    a.receive('x'.repeat(56 * KIB));
    scene.endTurn();
    const afterATurn = [...scene.handled];
    scene.endTurns();

    expect(afterATurn).toEqual(['a:16384']);
    expect(scene.handled).toEqual(['a:16384', 'a:16384', 'a:16384', 'a:8192']);
  });

  test('a body of empty lines is not cut into pieces shorter than a request', async () => {
    const scene = new Scene();
    const a = await connectedOne(scene);

    a.receive('\r\n'.repeat(90));
    scene.endTurns();

    expect(scene.handled).toEqual(Array(10).fill('a:18'));
  });

  test('no more is read from the system before all that was read has been handled', async () => {
    const scene = new Scene();
    const a = await connectedOne(scene);
    const readsBefore = a.reads;

    a.receive(REQUEST.repeat(5));
    scene.endTurn();
    await new Promise(setImmediate);
    const readsBetween = a.reads;
    scene.endTurn();
    await new Promise(setImmediate);

    expect(readsBetween).toBe(readsBefore);
    expect(a.reads).toBe(readsBefore + 1);
  });

  test('a request is handled at once when the turn is free', async () => {
    const scene = new Scene();
    const a = await connectedOne(scene);
    a.receive(REQUEST);
    scene.endTurns();

    const mayRead = a.receive(REQUEST);

    expect(mayRead).toBe(true);
    expect(scene.handled).toHaveLength(2);
  });

  test('client addresses take turns, however many connections one of them has, and so do its connections', async () => {
    const scene = new Scene();
    const [a, b, c] = await connected(scene, HERE, HERE, THERE);

    a?.receive(REQUEST.repeat(3));
    b?.receive(REQUEST.repeat(2));
    c?.receive(REQUEST);
    scene.endTurns();

    expect(scene.handled.map((each) => each[0]).join('')).toBe('aacbab');
  });
});

describe('a connection', () => {
  test('has its next request parsed once the previous one is answered, and is not read until then', async () => {
    const scene = new Scene();
    const a = await connectedOne(scene);
    a.receive(REQUEST);
    const first = a.parse();
    scene.endTurns();

    const mayRead = a.receive(REQUEST.repeat(2));
    scene.endTurns();
    const whileOpen = scene.handled.length;
    first.answer();
    scene.endTurns();

    expect([mayRead, whileOpen, scene.handled.length]).toEqual([false, 1, 3]);
  });

  test('does not hold up others while it waits for its answer', async () => {
    const scene = new Scene();
    const [a, b] = await connected(scene, HERE, HERE);
    a?.receive(REQUEST);
    a?.parse();
    scene.endTurns();

    a?.receive(REQUEST.repeat(3));
    b?.receive(REQUEST.repeat(3));
    scene.endTurns();

    expect(scene.handled.map((each) => each[0]).join('')).toBe('abbb');
  });

  test('is read on while the body of its request is still coming in, but not with two requests open', async () => {
    const scene = new Scene();
    const a = await connectedOne(scene);
    a.receive('POST / HTTP/1.1\r\nHost: x\r\n\r\n');
    const first = a.parse(false);
    scene.endTurns();

    a.receive(`{}${REQUEST}${REQUEST}`);
    const withBody = scene.handled.length;
    first.request.complete = true;
    const second = a.parse();
    scene.endTurns();
    const withTwoOpen = scene.handled.length;
    first.answer();
    scene.endTurns();
    const withOneOpen = scene.handled.length;
    second.answer();
    scene.endTurns();

    expect([withBody, withTwoOpen, withOneOpen, scene.handled.length]).toEqual([2, 2, 2, 3]);
  });

  test('ends after all that was sent', async () => {
    const scene = new Scene();
    const a = await connectedOne(scene);
    a.receive(REQUEST.repeat(16));
    a.stream.push(null);
    await new Promise(setImmediate);
    const before = a.hasEnded;

    scene.endTurns();
    await new Promise(setImmediate);

    expect([before, a.hasEnded]).toEqual([false, true]);
    expect(a.text.join('')).toBe(REQUEST.repeat(16));
  });

  test('that was closed leaves nothing to handle, and delays no other', async () => {
    const scene = new Scene();
    const [a, b] = await connected(scene, HERE, THERE);
    a?.receive(REQUEST.repeat(24));
    b?.receive(REQUEST);
    a?.stream.destroy();
    await new Promise(setImmediate);

    scene.endTurns();

    expect(scene.handled.map((each) => each[0]).join('')).toBe('ab');
  });
});

describe('beyond 16 MiB that wait', () => {
  test('a read is handled at once and whole', async () => {
    const scene = new Scene();
    const connections = await connected(scene, HERE, HERE, HERE);

    for (const connection of connections) connection.receive('x'.repeat(6 * 1024 * KIB));

    expect(scene.handled).toEqual(['a:16384', `c:${6 * 1024 * KIB}`]);
  });

  test('a connection that sends more while its request is not answered is closed', async () => {
    const scene = new Scene();
    const [a, b] = await connected(scene, HERE, THERE);
    a?.receive(REQUEST);
    a?.parse();
    scene.endTurns();
    for (let mebibytes = 0; mebibytes < 16; mebibytes++) a?.receive('x'.repeat(1024 * KIB));
    const wasOpen = a?.stream.destroyed === false;

    a?.receive('x');
    await new Promise(setImmediate);
    b?.receive(REQUEST);

    expect([wasOpen, a?.stream.destroyed, scene.intake.connectionsClosed]).toEqual([true, true, 1]);
    expect(scene.handled.at(-1)).toBe(`b:${REQUEST.length}`);
  });
});
