/** The race of ClientHellos: a stranger's arrives between the victim's connectivity check and the victim's own. */
import { createHmac, randomBytes } from 'node:crypto';
import { Engine, Path, type SecureEndpoint } from '@causeway/media';
import { capturedTraffic } from '@causeway/testkit/fuzz';
import { type HmacSha1, parseStun, writeBindingRequest, writeBindingSuccess } from '@causeway/wire';
import { type CountingSecureSuite, createSecureSuite } from '../../src/index.ts';
import { RecordingListener } from '../endpoint-pair.ts';

const JOINS = 50;
const hmacSha1: HmacSha1 = (key, data) => createHmac('sha1', key).update(data).digest();

/** A whole engine with real DTLS, and clients that join it; every datagram is carried at once. */
class Node {
  readonly #suite: CountingSecureSuite;
  readonly #clientSuite: CountingSecureSuite;
  readonly #engine: Engine;
  readonly #receivers = new Map<Path, (datagram: Uint8Array) => void>();
  /** Sessions that were connected at some time; they leave again. */
  readonly joined = new Set<string>();
  /** Called before each datagram that a client sends. */
  attack: () => void = () => undefined;
  #nowMs = 0;

  private constructor(suite: CountingSecureSuite, clientSuite: CountingSecureSuite) {
    this.#suite = suite;
    this.#clientSuite = clientSuite;
    const ignore = (): void => undefined;
    const send = (path: Path, bytes: Uint8Array, offset = 0, length = bytes.length): void =>
      this.#receivers.get(path)?.(bytes.slice(offset, offset + length));
    this.#engine = new Engine({
      suite,
      sink: {
        send,
        queue: send,
        sendQueued: ignore,
        discardQueued: ignore,
        pathSelected: ignore,
        pathReleased: ignore,
        openPath: () => undefined,
      },
      onEvent: (event) => {
        if (event.type === 'defect') throw event.error;
        if (event.type === 'connection-state' && event.state === 'connected') this.joined.add(event.transportId);
      },
      onOutputReady: ignore,
      hmacSha1,
      random: Math.random,
      randomBytes,
      wallClockOffsetMs: 0,
    });
  }

  static async create(): Promise<Node> {
    const options = { arenaSlots: 64, keystreamPages: 4 };
    const [suite, clientSuite] = await Promise.all([createSecureSuite(options), createSecureSuite(options)]);
    return new Node(suite, clientSuite);
  }

  get drops(): Readonly<Record<string, number>> {
    return this.#engine.snapshot(this.#nowMs).drops;
  }

  addPath(address: string, port: number, receive: (datagram: Uint8Array) => void): Path {
    const path = new Path(address, port);
    this.#receivers.set(path, receive);
    return path;
  }

  receive(path: Path, datagram: Uint8Array): void {
    this.#engine.handleDatagram(++this.#nowMs, path, datagram);
    this.#engine.handleTimeout(this.#nowMs);
    this.#engine.flush(this.#nowMs);
  }

  /** A client joins from an address: checks, answers the engine's check, shakes hands. */
  async join(id: string, address: string, port: number): Promise<void> {
    const local = { ufrag: `server${id}`, password: `password-of-server-${id}` };
    const remote = { ufrag: `client${id}`, password: `password-of-client-${id}` };
    const { fingerprint } = this.#clientSuite;
    this.#engine.handleCommand(this.#nowMs, {
      type: 'open-transport',
      plan: { transportId: id, local, remote, dtlsRole: 'server', remoteFingerprints: [fingerprint] },
    });
    const hears = new RecordingListener();
    let client: SecureEndpoint | undefined;
    const path = this.addPath(address, port, (datagram) => {
      if ((datagram[0] ?? 255) < 4) this.#answerCheck(path, datagram, remote.password);
      else client?.handleDtls(this.#nowMs, datagram);
    });
    this.#send(path, checkOf(local, remote));
    hears.onEvent = () => {
      for (const datagram of hears.output.splice(0)) setImmediate(() => this.#send(path, datagram));
    };
    client = this.#clientSuite.createEndpoint({ role: 'client', remoteFingerprints: [this.#suite.fingerprint], listener: hears });
    await hears.connected;
    client.close();
  }

  #send(path: Path, datagram: Uint8Array): void {
    this.attack();
    this.receive(path, Uint8Array.from(datagram));
  }

  #answerCheck(path: Path, datagram: Uint8Array, password: string): void {
    const message = parseStun(datagram);
    if (message?.messageClass !== 'request') return;
    const integrity = { key: Buffer.from(password), hmacSha1 };
    const transactionId = message.transactionId.slice();
    setImmediate(() =>
      this.#send(path, writeBindingSuccess({ transactionId, address: '192.0.2.1', port: 1, integrity, fingerprint: true })),
    );
  }
}

function checkOf(local: { ufrag: string; password: string }, remote: { ufrag: string }): Uint8Array {
  return writeBindingRequest({
    transactionId: randomBytes(12),
    username: `${local.ufrag}:${remote.ufrag}`,
    priority: 1,
    useCandidate: true,
    iceControlling: 1n,
    integrity: { key: Buffer.from(local.password), hmacSha1 },
    fingerprint: true,
  });
}

describe.each([
  ['another address', '203.0.113.66'],
  ['another port of the victim’s own address', '198.51.100.1'],
])('hellos from %s, ahead of every datagram of a join', (_where, attackerAddress) => {
  test('keep none of fifty clients from joining', async () => {
    const node = await Node.create();
    const hellos = capturedTraffic('dtls').filter(([contentType]) => contentType === 22);
    const answers: Uint8Array[] = [];
    const attacker = node.addPath(attackerAddress, 6666, (datagram) => answers.push(datagram));
    node.attack = () => {
      for (const hello of hellos) node.receive(attacker, hello.slice());
    };

    for (let join = 0; join < JOINS; join++) await node.join(`${join}`, '198.51.100.1', 50_000 + join);

    expect(node.joined.size).toBe(JOINS);
    expect(answers).toEqual([]);
    expect(node.drops['dtls-from-unvalidated-path']).toBeGreaterThan(JOINS * hellos.length);
  });
});
