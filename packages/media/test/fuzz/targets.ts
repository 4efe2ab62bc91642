/** Whole datagrams into the engine: strangers' ones, and those of a peer that has keys. */
import { hmacSha1 } from '@causeway/testkit';
import {
  capturedTraffic,
  concat,
  createRtcpMutator,
  createRtpMutator,
  createStunMutator,
  type FuzzTarget,
  type FuzzTargetFactory,
  type Mutator,
  mutateBytes,
} from '@causeway/testkit/fuzz';
import {
  toSeq16,
  writeBindingRequest,
  writeFir,
  writeNack,
  writePli,
  writeReceiverReport,
  writeRemb,
  writeSenderReport,
} from '@causeway/wire';
import { dataTarget } from './data-target.ts';
import { EngineUnderFire, EXTENSIONS, MALLORYS_PASSWORD, NAMES, PAYLOAD_TYPES, SSRCS } from './engine-under-fire.ts';
import { sctpTarget } from './sctp-target.ts';

const DTLS_ALERT = 21;
const DTLS_HANDSHAKE = 22;

const mutateStun = createStunMutator(MALLORYS_PASSWORD);
const mutateRtp = createRtpMutator({
  ssrcs: SSRCS,
  payloadTypes: PAYLOAD_TYPES,
  extensionIds: EXTENSIONS.map(({ id }) => id),
  extensionValues: NAMES.map((name) => Buffer.from(name)),
});
const mutateRtcp = createRtcpMutator(SSRCS);

/** Inputs begin with a byte that chooses where the rest comes from. */
const mutateRouted: Mutator = (random, sample, other) => {
  const datagram = sample.subarray(1);
  const mutated = mutatorOf(datagram)(random, datagram, other.subarray(1));
  // In a world without encryption this would be Mallory's own goodbye.
  if (mutated[0] === DTLS_ALERT) mutated[0] = DTLS_HANDSHAKE;
  return concat(Uint8Array.of(random.integer(256)), mutated);
};

function mutatorOf(datagram: Uint8Array): Mutator {
  const [first = 255, second = 0] = datagram;
  if (first < 4) return mutateStun;
  if (first < 128) return mutateBytes;
  return second >= 192 && second <= 223 ? mutateRtcp : mutateRtp;
}

/** A check as Mallory's browser sends it: the captured ones are for sessions that are gone. */
function mallorysCheck(): Uint8Array {
  return writeBindingRequest({
    transactionId: new Uint8Array(12).fill(5),
    username: 'eng-mallory:peer-mallory',
    priority: 1,
    useCandidate: true,
    iceControlling: 1n,
    integrity: { key: Buffer.from(MALLORYS_PASSWORD), hmacSha1 },
    fingerprint: true,
  });
}

/** Feedback of every kind on what Mallory receives: on a clean path browsers send little of it. */
function mallorysFeedback(): Uint8Array[] {
  const write = (writeMessage: (out: Uint8Array) => number): Uint8Array => {
    const out = new Uint8Array(1500);
    return out.slice(0, writeMessage(out));
  };
  const clock = { ntpSeconds: 4_000_000_000, ntpFraction: 1, rtpTimestamp: 90_000, packetCount: 10, octetCount: 1000 };
  const report = {
    fractionLost: 10,
    cumulativeLost: 5,
    extendedHighestSeq: 900,
    jitterTicks: 90,
    lastSenderReport: 1,
    delaySinceLastSenderReport: 2,
  };
  // Seventeen of every 256 numbers: wherever a stream is, some of it is asked for.
  const everywhere = Array.from({ length: 256 * 17 }, (_, index) => toSeq16(Math.floor(index / 17) * 256 + (index % 17)));
  return [
    write((out) => writeNack(out, 0, { senderSsrc: 1, mediaSsrc: 90, lost: everywhere })),
    write((out) => writeNack(out, 0, { senderSsrc: 1, mediaSsrc: 92, lost: everywhere })),
    write((out) => writeNack(out, 0, { senderSsrc: 1, mediaSsrc: 94, lost: everywhere })),
    write((out) => writePli(out, 0, { senderSsrc: 1, mediaSsrc: 90 })),
    write((out) => writeFir(out, 0, { senderSsrc: 1, entries: [{ ssrc: 92, commandSequence: 1 }] })),
    write((out) => writeRemb(out, 0, { senderSsrc: 1, bitrateBps: 100_000, ssrcs: [90, 92] })),
    write((out) => writeReceiverReport(out, 0, { senderSsrc: 1, reports: [{ ssrc: 90, ...report }] })),
    write((out) => writeSenderReport(out, 0, { senderSsrc: 102, ...clock, reports: [{ ssrc: 92, ...report }] })),
  ];
}

function engineTarget(): FuzzTarget {
  const engine = new EngineUnderFire();
  const captured = (['stun', 'dtls', 'rtp', 'rtcp'] as const).flatMap(capturedTraffic);
  return {
    name: 'engine',
    share: 6,
    seeds: [...captured, ...mallorysFeedback(), mallorysCheck()].map((datagram) => concat(Uint8Array.of(0), datagram)),
    mutate: mutateRouted,
    run(input) {
      engine.receive(input[0] ?? 0, input.subarray(1));
    },
    verify() {
      engine.goOn();
    },
  };
}

export const fuzzTargets: readonly FuzzTargetFactory[] = [
  { name: 'engine', create: engineTarget },
  { name: 'sctp', create: sctpTarget },
  { name: 'data', create: dataTarget },
];
