/** Every parser of the package under hostile input. What is parsed must be written, and then read as the same again. */
import { capturedOffer, capturedOffers } from '@causeway/testkit/captured-offers';
import {
  capturedTraffic,
  createRtcpMutator,
  createRtpMutator,
  createStunMutator,
  type FuzzTarget,
  type FuzzTargetFactory,
  mutateBytes,
  mutateLines,
} from '@causeway/testkit/fuzz';
import {
  DependencyDescriptor,
  formatIpAddress,
  keyframeDetector,
  parseIpAddress,
  parseRtcp,
  parseSdp,
  parseStun,
  RtpView,
  readMid,
  readRid,
  readTransportSequence,
  rtpHeaderLength,
  rtxOriginalSeq,
  Vp8Descriptor,
  Vp9Descriptor,
  writeSdp,
} from '@causeway/wire';
import { sctpTarget } from './sctp-target.ts';

const CODECS = ['vp8', 'vp9', 'h264', 'av1', 'opus'];
const EXTENSION_IDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14];
const SSRCS = [1, 7, 0xffff_ffff];

function assertPromise(holds: boolean, promise: string): void {
  if (!holds) throw new Error(`broken promise: ${promise}`);
}

function stunTarget(): FuzzTarget {
  return {
    name: 'stun',
    share: 3,
    seeds: capturedTraffic('stun'),
    mutate: createStunMutator('password'),
    run(input) {
      const message = parseStun(input);
      if (message === undefined) return;
      const { integrityOffset, transactionId, xorMappedAddress } = message;
      assertPromise(
        (integrityOffset ?? 0) + (integrityOffset === undefined ? 20 : 24) <= input.length,
        'MESSAGE-INTEGRITY lies within the message',
      );
      assertPromise(transactionId.length === 12, 'a transaction id has 12 bytes');
      if (xorMappedAddress === undefined) return;
      const address = parseIpAddress(xorMappedAddress.address);
      assertPromise(address !== undefined && formatIpAddress(address) === xorMappedAddress.address, 'an address is canonical');
    },
  };
}

function rtpTarget(): FuzzTarget {
  const view = new RtpView();
  return {
    name: 'rtp',
    share: 4,
    seeds: capturedTraffic('rtp'),
    mutate: createRtpMutator({ ssrcs: SSRCS, payloadTypes: [96, 97, 111], extensionIds: EXTENSION_IDS, extensionValues: [] }),
    run(input) {
      const isRead = view.read(input, input.length);
      assertPromise(!isRead || rtpHeaderLength(input, input.length) === view.headerLength, 'both readers agree on the header');
      if (!isRead) return;
      const { headerLength, payloadLength, paddingLength } = view;
      assertPromise(headerLength + payloadLength + paddingLength === input.length, 'the parts make up the packet');
      assertPromise(Math.min(headerLength, payloadLength, paddingLength) >= 0, 'no part has a negative length');
      rtxOriginalSeq(view);
      for (const id of EXTENSION_IDS) {
        if (!view.findExtension(id)) continue;
        const { extensionOffset, extensionLength } = view;
        assertPromise(extensionOffset >= 12 && extensionOffset + extensionLength <= headerLength, 'an extension lies within the header');
        readMid(input, extensionOffset, extensionLength);
        readRid(input, extensionOffset, extensionLength);
        readTransportSequence(input, extensionOffset, extensionLength);
      }
    },
  };
}

function rtcpTarget(): FuzzTarget {
  return {
    name: 'rtcp',
    share: 4,
    seeds: capturedTraffic('rtcp'),
    mutate: createRtcpMutator(SSRCS),
    run(input) {
      for (const message of parseRtcp(input, input.length) ?? []) {
        // A list is paid for by the bytes of the message.
        if (message.type === 'nack') assertPromise(message.lost.length <= 17 * (input.length / 4), 'a NACK lists what it has room for');
        if (message.type !== 'transport-feedback') continue;
        const { receivedOffsets, deltaTicks250us, statusCount } = message;
        assertPromise(receivedOffsets.length === deltaTicks250us.length, 'each packet received has a time');
        assertPromise(receivedOffsets.length <= input.length, 'each packet received took a byte at least');
        assertPromise((receivedOffsets.at(-1) ?? -1) < statusCount, 'no packet lies behind those reported on');
      }
    },
  };
}

function payloadTarget(): FuzzTarget {
  const detectors = CODECS.map((name) => keyframeDetector(name));
  const vp8 = new Vp8Descriptor();
  const vp9 = new Vp9Descriptor();
  const dependency = new DependencyDescriptor();
  const view = new RtpView();
  const payloads = capturedTraffic('rtp')
    .filter((packet) => view.read(packet, packet.length))
    .map((packet) => (view.read(packet, packet.length) ? packet.slice(view.headerLength) : packet));
  // The dependency descriptor of a keyframe, H.264 STAP-A and FU-A, AV1 aggregation header with a sequence header, VP9 with a scalability structure.
  const others = [
    'c0000180031485eaa860',
    '78000a67420b0000000000000a68',
    '7c856588',
    '0a0b0a0b00000024c4ffdf',
    '8afe01000a1000100010',
    '9840',
  ].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
  return {
    name: 'payload',
    share: 3,
    seeds: [...payloads, ...others],
    mutate: mutateBytes,
    run(input) {
      for (const detect of detectors) detect?.(input, 0, input.length);
      if (vp8.read(input, 0, input.length)) assertPromise(vp8.descriptorLength <= input.length, 'a VP8 descriptor lies within the payload');
      if (vp9.read(input, 0, input.length)) assertPromise(vp9.descriptorLength <= input.length, 'a VP9 descriptor lies within the payload');
      const structure = dependency.read(input, 0, Math.min(input.length, 255), undefined);
      if (structure === undefined || structure === false) return;
      assertPromise(structure.spatialIds.length <= 64, 'a structure has no more templates than there are ids');
      assertPromise(
        structure.spatialIds.every((id) => id < 4),
        'a structure has no more spatial layers than there may be',
      );
    },
  };
}

function sdpTarget(): FuzzTarget {
  const decoder = new TextDecoder();
  return {
    name: 'sdp',
    share: 1,
    seeds: capturedOffers().map((name) => new TextEncoder().encode(capturedOffer(name))),
    mutate: mutateLines,
    run(input) {
      parseSdp(decoder.decode(input));
    },
    verify(input) {
      const parsed = parseSdp(decoder.decode(input));
      if (!parsed.ok) return;
      const again = parseSdp(writeSdp(parsed.description));
      assertPromise(again.ok, 'what was accepted is accepted again when it was written');
    },
  };
}

export const fuzzTargets: readonly FuzzTargetFactory[] = [
  { name: 'stun', create: stunTarget },
  { name: 'rtp', create: rtpTarget },
  { name: 'rtcp', create: rtcpTarget },
  { name: 'payload', create: payloadTarget },
  { name: 'sctp packets', create: sctpTarget },
  { name: 'sdp', create: sdpTarget },
];
