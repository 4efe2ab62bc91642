/** Each message of a handshake counts where it belongs and nowhere else, whatever its content. */
import { createCertificate, type LocalCertificate } from '../../src/dtls/certificate.ts';
import { ClientHandshake } from '../../src/dtls/client-handshake.ts';
import { HandshakeType } from '../../src/dtls/dtls-numbers.ts';
import type { Flight, HandshakeOutcome } from '../../src/dtls/handshake.ts';
import type { HandshakeMessage } from '../../src/dtls/handshake-message.ts';
import { ServerHandshake } from '../../src/dtls/server-handshake.ts';

const TYPES: readonly number[] = Object.values(HandshakeType);

let certificate: LocalCertificate;

beforeAll(async () => {
  certificate = await createCertificate(new Date());
});

function createEnds(): { readonly server: ServerHandshake; readonly client: ClientHandshake } {
  const identity = { certificate, remoteFingerprints: [certificate.fingerprint] };
  return { server: new ServerHandshake(identity), client: new ClientHandshake(identity) };
}

function messagesOf(flight: Flight): HandshakeMessage[] {
  return flight.flatMap((step) => (step.kind === 'message' ? [step.message] : []));
}

function flightOf(outcome: HandshakeOutcome | undefined): Flight {
  if (outcome?.kind !== 'flight' && outcome?.kind !== 'finished') throw new Error(`no flight but ${outcome?.kind}`);
  return outcome.flight;
}

/** Has one end take messages, each after `before` has seen it. @returns the last outcome */
function take(
  end: ServerHandshake | ClientHandshake,
  messages: readonly HandshakeMessage[],
  before: (message: HandshakeMessage) => void,
): HandshakeOutcome | undefined {
  let outcome: HandshakeOutcome | undefined;
  for (const message of messages) {
    before(message);
    outcome = end.handle(message);
  }
  return outcome;
}

/** A handshake from end to end, with something done before each message that one of the ends takes. */
function shakeHands(before: { server?: (message: HandshakeMessage) => void; client?: (message: HandshakeMessage) => void }) {
  const { server, client } = ends;
  const { server: beforeServer = () => {}, client: beforeClient = () => {} } = before;
  const hello = flightOf(take(server, messagesOf(client.start()), beforeServer));
  const proof = flightOf(take(client, messagesOf(hello), beforeClient));
  const atServer = take(server, messagesOf(proof), beforeServer);
  const atClient = take(client, messagesOf(flightOf(atServer)), beforeClient);
  return [atServer, atClient].map((outcome) => (outcome?.kind === 'finished' ? outcome.keys : undefined));
}

let ends: ReturnType<typeof createEnds>;

beforeEach(() => {
  ends = createEnds();
});

test('a server ignores every message but the expected one, even with the expected content, and continues', () => {
  const outcomes: string[] = [];

  const [atServer, atClient] = shakeHands({
    server: (message) => {
      for (const type of TYPES) if (type !== message.type) outcomes.push(ends.server.handle({ ...message, type }).kind);
    },
  });

  expect(outcomes).toHaveLength(5 * (TYPES.length - 1));
  expect(new Set(outcomes)).toEqual(new Set(['ignored']));
  expect(atServer?.local).toEqual(atClient?.remote);
  expect(ends.server.handle({ type: HandshakeType.finished, sequence: 9, body: Buffer.alloc(12) }).kind).toBe('ignored');
});

test('a client does too, except for servers that ask for a cookie or do not ask for its certificate', () => {
  const outcomes: string[] = [];

  const [atServer, atClient] = shakeHands({
    client: (message) => {
      if (message.type === HandshakeType.certificateRequest) return;
      for (const type of TYPES) {
        const isCookie = message.type === HandshakeType.serverHello && type === HandshakeType.helloVerifyRequest;
        if (type !== message.type && !isCookie) outcomes.push(ends.client.handle({ ...message, type }).kind);
      }
    },
  });

  expect(outcomes).toHaveLength(5 * (TYPES.length - 1) - 1);
  expect(new Set(outcomes)).toEqual(new Set(['ignored']));
  expect(atServer?.remote).toEqual(atClient?.local);
});

test('a client does not continue with a server that does not ask for its certificate', () => {
  const outcomes: string[] = [];
  const skip = (message: HandshakeMessage) => {
    if (message.type !== HandshakeType.certificateRequest) return;
    outcomes.push(ends.client.handle({ ...message, type: HandshakeType.serverHelloDone, body: Buffer.alloc(0) }).kind);
  };

  shakeHands({ client: skip });

  expect(outcomes).toEqual(['failed']);
});
