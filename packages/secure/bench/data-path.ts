/**
 * Microseconds that a whole engine takes for a message of a data channel from one client to another, DTLS and SCTP included and sockets
 * left out: the least of several rounds.
 * `node --conditions=causeway-source packages/secure/bench/data-path.ts [BYTES] [MESSAGES]`
 */
import { createHmac, randomBytes } from 'node:crypto';
import { createDataCounters, DataChannels, Engine, Path, type SecureEndpoint, Timers } from '@causeway/media';
import { parseStun, writeBindingRequest, writeBindingSuccess } from '@causeway/wire';
import { type CountingSecureSuite, createSecureSuite } from '../src/index.ts';

const ROUNDS = 7;
const UNDERWAY_BYTES = 512 << 10;
/** As many as one turn of an event loop may find. */
const DATAGRAMS_PER_TURN = 16;
const hmacSha1 = (key: Uint8Array, data: Uint8Array): Uint8Array => createHmac('sha1', key).update(data).digest();

const sizeBytes = Number(process.argv[2] ?? 16_384);
const count = Number(process.argv[3] ?? 1_500);
const [suite, clientSuite] = await Promise.all([createSecureSuite(), createSecureSuite()]);

let nowMs = 1_000;
let engineMs = 0;
const toEngine: { readonly path: Path; readonly datagram: Uint8Array }[] = [];
const receivers = new Map<Path, (datagram: Uint8Array) => void>();
let toClients: { readonly path: Path; readonly datagram: Uint8Array }[] = [];
const ignore = (): void => undefined;
const engine = new Engine({
  suite,
  sink: {
    send: (path, datagram) => toClients.push({ path, datagram: datagram.slice() }),
    queue: (path, bytes, offset, length) => toClients.push({ path, datagram: bytes.slice(offset, offset + length) }),
    sendQueued: ignore,
    discardQueued: ignore,
    pathSelected: ignore,
    pathReleased: ignore,
    openPath: () => undefined,
  },
  onEvent: (event) => {
    if (event.type === 'defect') throw event.error;
  },
  onOutputReady: ignore,
  hmacSha1,
  random: Math.random,
  randomBytes,
  wallClockOffsetMs: 0,
});

class Client {
  readonly path: Path;
  readonly timers = new Timers();
  readonly channels: DataChannels;
  readonly opened: number[] = [];
  received = 0;
  receivedBytes = 0;
  isSecure = false;
  readonly #endpoint: SecureEndpoint;
  readonly #password: string;

  constructor(id: string, server: CountingSecureSuite) {
    this.path = new Path('198.51.100.1', 40_000 + receivers.size);
    receivers.set(this.path, (datagram) => this.#receive(datagram));
    this.#password = `password-of-client-${id}`;
    const local = { ufrag: `server${id}`, password: `password-of-server-${id}` };
    const remote = { ufrag: `client${id}`, password: this.#password };
    const plan = {
      transportId: id,
      local,
      remote,
      dtlsRole: 'server',
      remoteFingerprints: [clientSuite.fingerprint],
      dataLimits: { bytesPerSecond: 1e9, messagesPerSecond: 1e6 },
    } as const;
    engine.handleCommand(nowMs, { type: 'open-transport', plan });
    engine.handleCommand(nowMs, {
      type: 'set-data-peer',
      plan: { transportId: id, hasAssociation: true, maxMessageBytes: 262_144 } as never,
    });
    this.#endpoint = clientSuite.createEndpoint({
      role: 'client',
      remoteFingerprints: [server.fingerprint],
      timers: this.timers,
      listener: {
        onDtlsOutput: (datagram) => toEngine.push({ path: this.path, datagram }),
        onConnected: () => {
          this.isSecure = true;
        },
        onClosed: ignore,
        onApplicationData: (atMs, data) => this.channels.handlePacket(atMs, data),
        onDefect: ignore,
      },
    });
    this.channels = new DataChannels({
      role: 'client',
      timers: this.timers,
      hmacSha1,
      randomBytes,
      counters: createDataCounters(),
      listener: {
        onPacket: (packet) => this.#endpoint.sendApplicationData(packet),
        onOpened: ({ streamId }) => this.opened.push(streamId),
        onClosed: ignore,
        onOversizedMessage: ignore,
        onMessage: (_stream, data) => {
          this.received++;
          this.receivedBytes += data.length;
        },
        onAborted: ignore,
        onDefect: (error) => {
          throw error;
        },
      },
    });
    const integrity = { key: Buffer.from(local.password), hmacSha1 };
    const username = `${local.ufrag}:${remote.ufrag}`;
    const transactionId = randomBytes(12);
    const check = writeBindingRequest({
      transactionId,
      username,
      priority: 1,
      useCandidate: true,
      iceControlling: 1n,
      integrity,
      fingerprint: true,
    });
    toEngine.push({ path: this.path, datagram: check });
  }

  #receive(datagram: Uint8Array): void {
    if ((datagram[0] ?? 255) >= 20) this.#endpoint.handleDtls(nowMs, datagram);
    const message = parseStun(datagram);
    if (message?.messageClass !== 'request') return;
    const integrity = { key: Buffer.from(this.#password), hmacSha1 };
    const transactionId = message.transactionId.slice();
    const answer = writeBindingSuccess({ transactionId, address: '192.0.2.1', port: 1, integrity, fingerprint: true });
    toEngine.push({ path: this.path, datagram: answer });
  }
}

const clients: Client[] = [];

function turn(): void {
  nowMs += 0.05;
  const startedMs = performance.now();
  const { length } = toEngine;
  for (let index = 0; index < length; index++) {
    const { path, datagram } = toEngine[index];
    engine.handleDatagram(nowMs, path, datagram);
    if ((index + 1) % DATAGRAMS_PER_TURN === 0) finishTurn();
  }
  finishTurn();
  engineMs += performance.now() - startedMs;
  toEngine.splice(0, length);
  const arrived = toClients;
  toClients = [];
  for (const { path, datagram } of arrived) receivers.get(path)?.(datagram);
  for (const { timers } of clients) timers.fireDue(nowMs);
}

function finishTurn(): void {
  engine.handleTimeout(nowMs);
  engine.flush(nowMs);
}

function runUntil(what: string, isDone: () => boolean): void {
  for (let turns = 0; !isDone(); turns++) {
    if (turns > 500_000) throw new Error(`never: ${what}`);
    turn();
  }
}

const [publisher, subscriber] = [new Client('publisher', suite), new Client('subscriber', suite)];
clients.push(publisher, subscriber);
runUntil('both are secure', () => publisher.isSecure && subscriber.isSecure);
publisher.channels.begin(nowMs);
subscriber.channels.begin(nowMs);
const streamId = publisher.channels.open(nowMs, { label: 'messages' }) ?? 0;
runUntil('the channel is open', () => publisher.opened.length > 0);
const reliability = { ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };
engine.handleCommand(nowMs, {
  type: 'put-data-publication',
  plan: {
    publicationId: 'p',
    transportId: 'publisher',
    stream: { streamId, isNegotiated: false },
    reliability,
    retain: 0,
    isBus: false,
  } as never,
});
engine.handleCommand(nowMs, {
  type: 'put-data-subscription',
  plan: {
    subscriptionId: 's',
    transportId: 'subscriber',
    publicationId: 'p',
    stream: { streamId: 129, isNegotiated: false },
    label: 'messages',
    protocol: '',
    isPaused: false,
    canReply: false,
    waitsForAck: false,
  } as never,
});
runUntil('the subscription is open', () => subscriber.opened.length > 0);
const terms = { ...reliability, maxWaitMs: Number.POSITIVE_INFINITY, sender: { onSent: ignore, onDropped: ignore, onReleased: ignore } };
const figures: number[] = [];
for (let round = 0; round <= ROUNDS; round++) {
  engineMs = 0;
  const before = subscriber.received;
  const beforeBytes = subscriber.receivedBytes;
  const cpu = process.cpuUsage();
  let sent = 0;
  runUntil('all have come', () => {
    while (sent < count && sent * sizeBytes - (subscriber.receivedBytes - beforeBytes) < UNDERWAY_BYTES) {
      const data = new Uint8Array(sizeBytes);
      publisher.channels.sendShared(nowMs, streamId, { message: { kind: 'binary', data }, terms });
      sent++;
    }
    return subscriber.received - before >= count;
  });
  const { user, system } = process.cpuUsage(cpu);
  if (round > 0) figures.push((1_000 * engineMs) / count);
  process.stdout.write(
    `round ${round}: engine ${((1_000 * engineMs) / count).toFixed(0)} us, all ${((user + system) / count).toFixed(0)} us of CPU\n`,
  );
}
process.stdout.write(`${sizeBytes} bytes: ${Math.min(...figures).toFixed(0)} us a message\n`);
process.exit();
