/** DTLS datagrams into associations at every stage, and handshake messages into each of their parsers. */
import { capturedTraffic, concat, type FuzzTarget, type FuzzTargetFactory, mutateBytes, mutateDtls } from '@causeway/testkit/fuzz';
import { parseRecords } from '../../src/dtls/dtls-record.ts';
import { parseFragments } from '../../src/dtls/handshake-message.ts';
import { parseClientHello, parseHelloVerifyRequest, parseServerHello } from '../../src/dtls/hello-messages.ts';
import {
  parseCertificate,
  parseCertificateRequest,
  parseCertificateVerify,
  parseClientKeyExchange,
  parseServerKeyExchange,
} from '../../src/dtls/key-messages.ts';
import { certificateKey, isSignedBy } from '../../src/dtls/peer-certificate.ts';
import { DtlsUnderFire, STAGES } from './dtls-under-fire.ts';

async function associationTarget(): Promise<FuzzTarget> {
  const fire = await DtlsUnderFire.create();
  const seeds = [...capturedTraffic('dtls'), ...fire.recorded].map((datagram) => concat(Uint8Array.of(0), datagram));
  return {
    name: 'dtls',
    share: 2,
    seeds,
    mutate: (random, sample, other) =>
      concat(Uint8Array.of(random.integer(STAGES.length)), mutateDtls(random, sample.subarray(1), other.subarray(1))),
    run(input) {
      fire.receive(STAGES[(input[0] ?? 0) % STAGES.length], input.subarray(1));
    },
    verify: () => fire.look(),
    close: () => fire.close(),
  };
}

async function messageTarget(): Promise<FuzzTarget> {
  const fire = await DtlsUnderFire.create();
  const bodies = [...capturedTraffic('dtls'), ...fire.recorded]
    .flatMap((datagram) => parseRecords(Buffer.from(datagram)))
    .flatMap(({ fragment }) => parseFragments(fragment) ?? [])
    .map(({ body }) => Uint8Array.from(body));
  fire.close();
  return {
    name: 'dtls messages',
    share: 2,
    seeds: bodies,
    mutate: mutateBytes,
    run(input) {
      const body = Buffer.from(input);
      parseClientHello(body);
      parseServerHello(body);
      parseHelloVerifyRequest(body);
      parseCertificateRequest(body);
      parseClientKeyExchange(body);
      parseServerKeyExchange(body);
      parseCertificateVerify(body);
      parseCertificate(body);
    },
  };
}

async function certificateTarget(): Promise<FuzzTarget> {
  const fire = await DtlsUnderFire.create();
  const certificates = [...capturedTraffic('dtls'), ...fire.recorded]
    .flatMap((datagram) => parseRecords(Buffer.from(datagram)))
    .flatMap(({ fragment }) => parseFragments(fragment) ?? [])
    .map(({ body }) => parseCertificate(body))
    .filter((der) => der !== undefined && certificateKey(der) !== undefined)
    .map((der) => Uint8Array.from(der ?? []));
  fire.close();
  return {
    name: 'certificates',
    share: 0.5,
    seeds: certificates,
    mutate: mutateBytes,
    run(input) {
      const key = certificateKey(input);
      if (key === undefined) return;
      for (const scheme of [0x0403, 0x0401, 0x0804]) {
        if (isSignedBy(key, scheme, input, input.subarray(0, 72))) throw new Error('a signature of nobody was believed');
      }
    },
  };
}

export const dtlsTargets: readonly FuzzTargetFactory[] = [
  { name: 'dtls', create: associationTarget },
  { name: 'dtls messages', create: messageTarget },
  { name: 'certificates', create: certificateTarget },
];
