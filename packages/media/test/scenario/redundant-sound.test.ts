import { OPUS, RED, type ReceivedRtp } from '@causeway/testkit';
import { RedPayload, redHeadersLength, toSeq16, writeNack, writeRedBlockHeader, writeRedPrimaryHeader } from '@causeway/wire';
import { reportByStream } from './report-by-stream.ts';
import { CLEAN_PATH, SOUND_SSRC, SoundCall, type SoundCallOptions, serialOfFrame } from './sound-call.ts';

const SEEDS = [1, 2];
const FRAME_TICKS = 960;
const RECEIVES_RED = { subscriber: { codecs: [OPUS, RED] } } as const;

/** Packs each frame with the ones before it, as a browser does that prefers RED. */
function redPacker(older: number): NonNullable<SoundCallOptions['pack']> {
  const frames: Uint8Array[] = [];
  return (frame) => {
    const before = frames.slice(-older);
    frames.push(frame);
    const out = new Uint8Array(2000);
    let at = 0;
    for (const [index, block] of before.entries()) {
      at = writeRedBlockHeader(out, at, OPUS.payloadType, (before.length - index) * FRAME_TICKS, block.length);
    }
    at = writeRedPrimaryHeader(out, at, OPUS.payloadType);
    for (const block of [...before, frame]) {
      out.set(block, at);
      at += block.length;
    }
    return { payloadType: RED.payloadType, payload: out.slice(0, at) };
  };
}

/** The frames in a packet that Bob received, with their timestamps. */
function framesIn({ payloadType, payload, timestamp }: ReceivedRtp): { readonly serial: number; readonly timestamp: number }[] {
  if (payloadType === OPUS.payloadType) return [{ serial: serialOfFrame(payload), timestamp }];
  const red = new RedPayload();
  if (!red.read(payload, 0, payload.length)) throw new Error('Bob received RED that cannot be read');
  const frames = [{ serial: serialOfFrame(payload.subarray(red.primaryStart)), timestamp }];
  for (let block = 0; block < red.count; block++) {
    expect(red.payloadTypes[block]).toBe(OPUS.payloadType);
    const start = red.starts[block] ?? 0;
    frames.push({ serial: serialOfFrame(payload.subarray(start)), timestamp: (timestamp - (red.offsets[block] ?? 0)) >>> 0 });
  }
  return frames;
}

/** Share of the frames after the first `from` that Bob could not play. Each frame must have one timestamp, however often it came. */
function lostShare(call: SoundCall, from = 0): number {
  call.finish();
  const timestampOf = new Map<number, number>();
  for (const { serial, timestamp } of call.heard().flatMap(framesIn)) {
    expect(timestampOf.get(serial) ?? timestamp).toBe(timestamp);
    timestampOf.set(serial, timestamp);
  }
  const expected = call.sentSerials().slice(from);
  return expected.filter((serial) => !timestampOf.has(serial)).length / expected.length;
}

function isContinuous(call: SoundCall): boolean {
  const heard = call.heard();
  return heard.every(({ sequence }, index) => index === 0 || sequence === toSeq16((heard[index - 1]?.sequence ?? 0) + 1));
}

/** The fixed header and the new packet of each; earlier ones are not billed. */
const BILLED_BYTES = 12 + 80;

/** What Bob was billed since the last time. */
function billedBytes({ world, bob }: SoundCall): number {
  return world.engine.answer('usage').reduce((sum, { account, bytes }) => sum + (account === `${bob.id}-app` ? bytes.down : 0), 0);
}

const redShare = (packets: readonly ReceivedRtp[]) =>
  packets.filter(({ payloadType }) => payloadType === RED.payloadType).length / packets.length;

describe('RED from a publisher', () => {
  test.each([1, 2])('with %i earlier packets is Opus for a subscriber without RED, packet for packet', (older) => {
    const call = new SoundCall(1, { codecs: [OPUS, RED], subscriber: { codecs: [OPUS] }, pack: redPacker(older) });
    call.speak(3000);
    call.finish();

    expect(call.heard().every(({ payloadType, payload }) => payloadType === OPUS.payloadType && payload.length === 80)).toBe(true);
    expect(call.heardSerials()).toEqual(call.sentSerials());
    expect(isContinuous(call)).toBe(true);
  });

  test.each(SEEDS)('restores for every subscriber what the publisher lost: seed %i', (seed) => {
    const uplink = { ...CLEAN_PATH, lossProbability: 0.05 };
    const call = new SoundCall(seed, { codecs: [OPUS, RED], subscriber: { codecs: [OPUS] }, pack: redPacker(1), uplink });
    call.speak(12_000);
    const plain = new SoundCall(seed, { uplink });
    plain.speak(12_000);

    expect(lostShare(plain)).toBeGreaterThan(0.03);
    expect(lostShare(call)).toBeLessThan(0.008);
    // What was lost still counts as lost towards the publisher, whose encoder should know.
    const reports = call.alice.rtcp.filter((packet) => packet.type === 'receiver-report').flatMap((packet) => packet.reports);
    expect(reports.at(-1)?.cumulativeLost).toBeGreaterThan(10);
  });

  test('restores what is lost around the wrap of sequence numbers', () => {
    const call = new SoundCall(1, { codecs: [OPUS, RED], subscriber: { codecs: [OPUS] }, pack: redPacker(2) });
    const lost = new Set([65_535, 0]);
    const { up } = call.world.linksOf(call.alice.path);
    up.lose = (datagram) => datagram[1] === RED.payloadType && lost.delete(((datagram[2] ?? 0) << 8) | (datagram[3] ?? 0));
    call.speak(2000);
    call.finish();

    expect(lost.size).toBe(0);
    expect(call.heardSerials()).toEqual(call.sentSerials());
    expect(isContinuous(call)).toBe(true);
  });

  test('that overtakes an earlier packet is not heard twice', () => {
    const uplink = { ...CLEAN_PATH, jitterMs: 60 };
    const call = new SoundCall(4, { codecs: [OPUS, RED], subscriber: { codecs: [OPUS] }, pack: redPacker(2), uplink });
    call.speak(10_000);

    expect(call.heard()).toHaveLength(call.heardSerials().length);
    expect(lostShare(call)).toBeLessThan(0.01);
  });

  const inner = (bytes: readonly number[]) => () => ({ payloadType: RED.payloadType, payload: Uint8Array.from(bytes) });
  test.each([
    ['is cut off', [0x80 | 111, 0x0f, 0x00]],
    ['claims more than it has', [0x80 | 111, 0x0f, 0x03, 0xff, 111, 1, 2, 3]],
    ['holds RED', [63, 111, 1, 2, 3]],
    ['holds a codec that was not negotiated', [100, 1, 2, 3]],
    ['is empty', []],
  ])('that %s is dropped and counted', (_, bytes) => {
    const call = new SoundCall(1, { codecs: [OPUS, RED], subscriber: { codecs: [OPUS, RED] }, pack: inner(bytes) });
    call.speak(200);

    expect(call.heard()).toEqual([]);
    expect(call.world.events.filter(({ what }) => what === 'active')).toEqual([]);
    expect(call.world.engine.drops()['rtp-malformed']).toBe(10);
  });
});

describe('RED for a subscriber', () => {
  test('is not sent on a clean path, even if the publisher sends it', () => {
    const call = new SoundCall(1, { codecs: [OPUS, RED], ...RECEIVES_RED, pack: redPacker(1) });
    call.speak(10_000);

    expect(redShare(call.heard())).toBe(0);
    expect(lostShare(call)).toBe(0);
  });

  test.each(SEEDS)('replaces a loss of 5%% by one of under 1%%, at the price of one more packet in each: seed %i', (seed) => {
    const call = new SoundCall(seed, { ...RECEIVES_RED, path: { ...CLEAN_PATH, lossProbability: 0.05 } });
    call.speak(4000);
    const settled = call.sentSerials().length;
    const heard = call.heard().length;
    call.speak(12_000);

    const late = call.heard().slice(heard);
    expect(redShare(late)).toBeGreaterThan(0.95);
    expect(late.reduce((sum, { payload }) => sum + payload.length, 0) / late.length).toBeLessThanOrEqual(2.1 * 80);
    expect(lostShare(call, settled)).toBeLessThan(0.01);
  });

  test.each(SEEDS)('holds two earlier packets at a loss of 15%%, none any more 30 s after the loss has ended: seed %i', (seed) => {
    const call = new SoundCall(seed, { ...RECEIVES_RED, path: { ...CLEAN_PATH, lossProbability: 0.15 } });
    call.speak(8000);
    expect(call.heard().at(-1)?.payload).toHaveLength(3 * 80 + redHeadersLength(2));
    call.world.linksOf(call.bob.path).down.impairment = CLEAN_PATH;
    call.speak(30_000);

    expect(call.heard().at(-1)?.payloadType).toBe(OPUS.payloadType);
  });

  test('is sent from what RED of the publisher held, and billed without the repetitions', () => {
    const path = { ...CLEAN_PATH, lossProbability: 0.05 };
    const call = new SoundCall(2, { codecs: [OPUS, RED], ...RECEIVES_RED, pack: redPacker(2), path });
    call.speak(12_000);

    expect(lostShare(call, 200)).toBeLessThan(0.01);
    expect(redShare(call.heard().slice(-100))).toBe(1);
    const sent = call.world.engine.answer('transport', 'bob')?.subscriberTracks[0];
    expect(sent?.payloadBytesSent).toBe(80 * (sent?.packetsSent ?? 0));
  });

  test('follows the losses that a subscriber reports by stream (RFC 8888)', () => {
    const path = { ...CLEAN_PATH, lossProbability: 0.05 };
    const call = new SoundCall(2, { subscriber: { codecs: [OPUS, RED], isReportedByStream: true, extensions: [] }, path });
    reportByStream(call.world, call.bob, 20_000);
    call.speak(4000);
    const settled = call.sentSerials().length;
    const heard = call.heard().length;
    call.speak(10_000);

    expect(redShare(call.heard().slice(heard))).toBeGreaterThan(0.95);
    expect(lostShare(call, settled)).toBeLessThan(0.01);
    expect(call.world.engine.drops()['feedback-on-unsent']).toBe(0);
  });

  const WITHOUT_FEEDBACK = { subscriber: { codecs: [OPUS, RED], extensions: [] } } as const;

  test.each(SEEDS)('follows the losses in the receiver reports of a subscriber without other feedback: seed %i', (seed) => {
    const call = new SoundCall(seed, { ...WITHOUT_FEEDBACK, path: { ...CLEAN_PATH, lossProbability: 0.05 } });
    call.speak(20_000);
    const settled = call.sentSerials().length;
    const heard = call.heard().length;
    call.speak(15_000);

    expect(redShare(call.heard().slice(heard))).toBeGreaterThan(0.95);
    expect(lostShare(call, settled)).toBeLessThan(0.01);
  });

  test.each(SEEDS)('is not sent for losses of the publisher, which such a subscriber reports as well: seed %i', (seed) => {
    const call = new SoundCall(seed, { ...WITHOUT_FEEDBACK, uplink: { ...CLEAN_PATH, lossProbability: 0.08 } });
    call.speak(35_000);

    const reports = call.world.engine.answer('transport', 'bob')?.subscriberTracks[0];
    expect(call.heard().length).toBeGreaterThan(1500);
    expect(reports).toBeDefined();
    expect(redShare(call.heard())).toBe(0);
  });

  test('goes on when our own numbers and timestamps start again from zero', () => {
    const path = { ...CLEAN_PATH, lossProbability: 0.05 };
    // The timestamps wrap 14 s after the first packet.
    const call = new SoundCall(2, { ...RECEIVES_RED, path, firstTimestamp: 2 ** 32 - 14 * 48_000 });
    call.speak(6000);
    // Gaps of up to a thousand numbers are kept, because the packets may still come.
    const ours = () => call.heard().at(-1)?.sequence ?? 0;
    while (ours() < 65_536 - 1000) {
      call.skipNumbers(900);
      call.speak(20);
      call.world.run(20);
    }
    call.skipNumbers(65_536 - 150 - ours());
    const settled = call.sentSerials().length;
    const heard = call.heard().length;
    call.speak(12_000);

    const late = call.heard().slice(heard);
    expect(late[0]?.sequence).toBeGreaterThan(65_000);
    expect(late.at(-1)?.sequence).toBeLessThan(1000);
    expect(late[0]?.timestamp).toBeGreaterThan(2 ** 31);
    expect(late.at(-1)?.timestamp).toBeLessThan(2 ** 31);
    expect(redShare(late)).toBeGreaterThan(0.95);
    expect(lostShare(call, settled)).toBeLessThan(0.01);
  });

  test('that a full uplink drops is taken off the bill, nearly to the byte, and sound goes on', () => {
    const path = { ...CLEAN_PATH, lossProbability: 0.05 };
    const call = new SoundCall(2, { ...RECEIVES_RED, path });
    call.speak(8000);
    const sentBefore = call.world.engine.traffic.rtpPacketsSent;
    const billedBefore = billedBytes(call);
    call.world.isUplinkFull = true;
    call.speak(1000);
    call.world.isUplinkFull = false;
    const billedWhileFull = billedBytes(call);
    call.speak(4000);

    const sent = call.world.engine.traffic.rtpPacketsSent - sentBefore;
    expect(billedBefore).toBeGreaterThan(0);
    expect(billedWhileFull).toBeLessThan(5 * BILLED_BYTES);
    expect(sent).toBe(200);
    expect(Math.abs(billedWhileFull + billedBytes(call) - sent * BILLED_BYTES)).toBeLessThan(0.02 * sent * BILLED_BYTES);
    expect(redShare(call.heard().slice(-100))).toBe(1);
  });

  test('is not sent for a codec other than Opus, or to a subscriber that lists no RED', () => {
    const path = { ...CLEAN_PATH, lossProbability: 0.1 };
    const plain = new SoundCall(1, { path });
    const other = { ...OPUS, name: 'pcmu', clockRateHz: 8000, channels: 1 };
    const pcmu = new SoundCall(1, { codecs: [other], subscriber: { codecs: [other, RED] }, path });
    for (const call of [plain, pcmu]) {
      call.speak(8000);
      expect(call.heard().length).toBeGreaterThan(200);
      expect(redShare(call.heard())).toBe(0);
    }
  });
});

describe('a NACK for sound', () => {
  const NACKED = { codecs: [{ ...OPUS, nack: true }] };
  const askFor = (call: SoundCall, sequence: number) =>
    call.bob.sendRtcp(call.world.nowMs, (out, offset) =>
      writeNack(out, offset, { senderSsrc: 1, mediaSsrc: SOUND_SSRC, lost: [toSeq16(sequence)] }),
    );
  const timesHeard = (call: SoundCall, sequence: number) => call.heard().filter((packet) => packet.sequence === sequence).length;

  test('is sent where the round trip is short, and repairs', () => {
    const uplink = { ...CLEAN_PATH, lossProbability: 0.05 };
    const call = new SoundCall(3, { ...NACKED, uplink });
    call.speak(10_000);
    call.finish();

    expect(call.alice.rtcp.filter(({ type }) => type === 'nack').length).toBeGreaterThan(10);
    expect(lostShare(call)).toBeLessThan(0.005);
  });

  test('is neither sent nor answered on a long path', () => {
    const far = { ...CLEAN_PATH, delayMs: 100, lossProbability: 0.05 };
    const call = new SoundCall(3, { ...NACKED, uplink: far, path: far });
    call.speak(5000);
    const nacks = call.alice.rtcp.filter(({ type }) => type === 'nack').length;
    const sequence = call.heard().at(-1)?.sequence ?? 0;
    askFor(call, sequence);
    call.speak(5000);

    expect(call.alice.rtcp.filter(({ type }) => type === 'nack')).toHaveLength(nacks);
    expect(timesHeard(call, sequence)).toBe(1);
  });

  test('is answered with the same bytes while no RED was sent, and not for packets of RED, whose bytes cannot be made again', () => {
    const call = new SoundCall(3, { ...NACKED, subscriber: { codecs: [{ ...OPUS, nack: true }, RED] } });
    call.speak(2000);
    const plain = call.heard().at(-1)?.sequence ?? 0;
    askFor(call, plain);
    call.speak(200);

    expect(timesHeard(call, plain)).toBe(2);
    expect(
      new Set(
        call
          .heard()
          .filter(({ sequence }) => sequence === plain)
          .map(({ payload }) => String(payload)),
      ).size,
    ).toBe(1);
    call.world.linksOf(call.bob.path).down.impairment = { ...CLEAN_PATH, lossProbability: 0.1 };
    call.speak(5000);
    call.world.linksOf(call.bob.path).down.impairment = CLEAN_PATH;
    call.speak(200);
    const redundant = call.heard().at(-1);
    expect(redundant?.payloadType).toBe(RED.payloadType);
    for (const sequence of [plain + 200, (redundant?.sequence ?? 0) - 5]) askFor(call, sequence);
    call.speak(200);

    expect(call.heard().length).toBe(new Set(call.heard().map(({ sequence }) => sequence)).size + 1);
  });
});
