import type { MediaAttributes } from 'sdp-transform';
import type { SdpCodec, SdpFeedback } from './description.ts';
import { text, wholeNumber } from './read-values.ts';

const MAX_PAYLOAD_TYPE = 127;
/** Ten times what video has. Beyond it nothing is meant, and what counts in ticks could not be relied on. */
const MAX_CLOCK_RATE_HZ = 1_000_000;
/** Browsers write five or six. More are skipped: lines for `*` count for every codec, so that many would become very many. */
const MAX_FEEDBACK_LINES = 16;

/** Payload types that need no `a=rtpmap`, as far as WebRTC endpoints use them (RFC 3551 §6). */
const STATIC_CODECS: ReadonlyMap<number, Pick<SdpCodec, 'name' | 'clockRateHz' | 'channels'>> = new Map([
  [0, { name: 'PCMU', clockRateHz: 8000, channels: 1 }],
  [8, { name: 'PCMA', clockRateHz: 8000, channels: 1 }],
  [9, { name: 'G722', clockRateHz: 8000, channels: 1 }],
]);

/** Codecs of one section in the order of its m-line; a payload type without a known mapping is left out. */
export function readCodecs(media: MediaAttributes, formats: readonly string[]): readonly SdpCodec[] {
  const mappings = readMappings(media);
  const fmtps = new Map((media.fmtp ?? []).map((line) => [line.payload, String(line.config).trim()]));
  const feedbacks = readFeedback(media);
  const codecs = new Map<number, SdpCodec>();
  for (const format of formats) {
    const payloadType = wholeNumber(Number(format), 0, MAX_PAYLOAD_TYPE);
    if (payloadType === undefined || codecs.has(payloadType)) continue;
    const mapping = mappings.get(payloadType) ?? STATIC_CODECS.get(payloadType);
    if (mapping === undefined) continue;
    const feedback = [...(feedbacks.get('*') ?? []), ...(feedbacks.get(payloadType) ?? [])];
    codecs.set(payloadType, { payloadType, ...mapping, fmtp: fmtps.get(payloadType) ?? '', feedback });
  }
  return [...codecs.values()];
}

function readMappings(media: MediaAttributes): ReadonlyMap<number, Pick<SdpCodec, 'name' | 'clockRateHz' | 'channels'>> {
  const mappings = new Map();
  for (const line of media.rtp ?? []) {
    const payloadType = wholeNumber(line.payload, 0, MAX_PAYLOAD_TYPE);
    const name = text(line.codec);
    const clockRateHz = wholeNumber(line.rate, 1, MAX_CLOCK_RATE_HZ);
    if (payloadType === undefined || name === undefined || clockRateHz === undefined || mappings.has(payloadType)) continue;
    mappings.set(payloadType, { name, clockRateHz, channels: wholeNumber(line.encoding, 1, 255) ?? 1 });
  }
  return mappings;
}

function readFeedback(media: MediaAttributes): ReadonlyMap<string | number, readonly SdpFeedback[]> {
  const feedbacks = new Map<string | number, SdpFeedback[]>();
  for (const line of media.rtcpFb ?? []) {
    const feedback = { type: String(line.type), parameter: text(line.subtype) ?? '' };
    const known = feedbacks.get(line.payload);
    if (known === undefined) feedbacks.set(line.payload, [feedback]);
    else if (known.length < MAX_FEEDBACK_LINES) known.push(feedback);
  }
  return feedbacks;
}
