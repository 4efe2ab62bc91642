import { TRANSPORT_WIDE_CC_URI } from '@causeway/wire';
import { AUDIO_RTPMAP, type LocalTransport, MID_EXTENSION_URI, VIDEO_RTPMAP } from './local-media.ts';
import type { RemoteDescription, RemoteSection } from './remote-description.ts';
import { codecLines, joinLines, sessionLines, transportLines, transportWideLines } from './session-lines.ts';

export interface Answerer {
  readonly transport: LocalTransport;
  /** The DTLS role that the first exchange settled. */
  readonly setup: 'active' | 'passive';
  /** Version of the session description, one more than that of the previous one. */
  readonly version: number;
}

/**
 * Writes the answer to an SFU's offer, which receives every section on which the SFU sends VP8 or Opus, and leaves all others inactive.
 *
 * @see RFC 8829 §5.3.1 (initial answers)
 */
export function writeAnswer(offer: RemoteDescription, answerer: Answerer): string {
  const mids = offer.sections.map((section) => section.mid);
  return joinLines([...sessionLines(mids, answerer.version), ...offer.sections.flatMap((section) => sectionLines(section, answerer))]);
}

/** The payload type with which an SFU sends VP8 or Opus in this section; undefined if it sends neither. */
export function sentPayloadType(section: RemoteSection): number | undefined {
  const isSent = section.direction === 'sendonly' || section.direction === 'sendrecv';
  const wanted = receivableRtpmap(section);
  if (!isSent || wanted === undefined) return undefined;
  for (const [payloadType, rtpmap] of section.rtpmaps) {
    if (rtpmap.toLowerCase() === wanted.toLowerCase()) return payloadType;
  }
  return undefined;
}

function receivableRtpmap({ kind }: RemoteSection): string | undefined {
  if (kind === 'video') return VIDEO_RTPMAP;
  return kind === 'audio' ? AUDIO_RTPMAP : undefined;
}

function sectionLines(section: RemoteSection, { transport, setup }: Answerer): string[] {
  const payloadType = sentPayloadType(section);
  const formats = payloadType === undefined ? section.formats : [String(payloadType)];
  return [
    `m=${section.kind} 9 ${section.protocol} ${formats.join(' ')}`,
    ...transportLines(transport, setup),
    `a=mid:${section.mid}`,
    ...(payloadType === undefined ? inactiveLines(section) : receiveLines(section, payloadType)),
  ];
}

function receiveLines(section: RemoteSection, payloadType: number): string[] {
  const midExtension = section.extensions.get(MID_EXTENSION_URI);
  const numberExtension = section.extensions.get(TRANSPORT_WIDE_CC_URI);
  return [
    ...(midExtension === undefined ? [] : [`a=extmap:${midExtension} ${MID_EXTENSION_URI}`]),
    'a=recvonly',
    ...codecLines(payloadType, section.rtpmaps.get(payloadType) ?? ''),
    ...(numberExtension === undefined ? [] : transportWideLines(payloadType, numberExtension)),
  ];
}

/** The codecs are kept, because an answer without a common codec is a rejection. */
function inactiveLines({ rtpmaps }: RemoteSection): string[] {
  return ['a=inactive', ...[...rtpmaps].map(([payloadType, rtpmap]) => `a=rtpmap:${payloadType} ${rtpmap}`)];
}
