/** Offers of the maximum size, which make every step of negotiation as expensive as possible. */
import { LIMITS } from '@causeway/protocol';

export interface LongOffer {
  readonly name: string;
  readonly sdp: string;
}

const FINGERPRINT = Array.from({ length: 32 }, () => 'CD').join(':');
const VIDEO_CODECS = ['VP8', 'VP9', 'H264', 'AV1'];
const PAYLOAD_TYPES = [...range(96, 127), ...range(35, 63)];

/** 256 m-sections with six codecs each: 170 KiB. */
export function longOffer(direction: 'sendonly' | 'recvonly'): string {
  return offerOf(LIMITS.maxMediaSectionsPerSession, direction, () => sixCodecs(() => ''));
}

export function longOffers(): readonly LongOffer[] {
  const sections = LIMITS.maxMediaSectionsPerSession;
  return [
    { name: '256 m-sections that send', sdp: longOffer('sendonly') },
    { name: '256 m-sections that receive', sdp: longOffer('recvonly') },
    {
      name: '… each with codecs of its own',
      sdp: offerOf(sections, 'sendonly', (index) => sixCodecs(() => `;x=${index % 80}`)),
    },
    { name: '… with 30 codecs that need no a=fmtp', sdp: offerOf(sections, 'sendonly', manyCodecs) },
    { name: '… with 40 header extensions', sdp: offerOf(sections, 'sendonly', manyExtensions) },
    { name: '… with 30 SSRCs', sdp: offerOf(sections, 'sendonly', manySsrcs) },
    { name: '256 KiB of lines that mean nothing', sdp: filled('a=x-nothing:1\r\n') },
    { name: '256 KiB of candidates', sdp: filled('a=candidate:1 1 udp 1 192.0.2.1 80 typ host\r\n') },
  ];
}

function offerOf(sections: number, direction: string, body: (index: number) => readonly string[]): string {
  const mids = range(0, sections - 1);
  const head = [
    'v=0',
    'o=- 4711 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${mids.join(' ')}`,
    'a=ice-ufrag:abcd',
    'a=ice-pwd:0123456789012345678901',
    `a=fingerprint:sha-256 ${FINGERPRINT}`,
    'a=setup:actpass',
  ];
  const lines = mids.flatMap((index) => {
    const [formats = '', ...rest] = body(index);
    return [`m=video 9 RTP/SAVPF ${formats}`, `a=mid:${index}`, `a=${direction}`, 'a=rtcp-mux', `a=msid:s t${index}`, ...rest];
  });
  return `${[...head, ...lines].join('\r\n')}\r\n`;
}

function sixCodecs(suffix: () => string): readonly string[] {
  const payloadTypes = PAYLOAD_TYPES.slice(0, 6);
  const lines = payloadTypes.flatMap((payloadType, codec) => [
    `a=rtpmap:${payloadType} ${nameOf(codec)}/90000`,
    `a=fmtp:${payloadType} profile-id=${codec}${suffix()}`,
    `a=rtcp-fb:${payloadType} nack`,
    `a=rtcp-fb:${payloadType} nack pli`,
  ]);
  return [payloadTypes.join(' '), 'a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid', ...lines];
}

/** Returns codecs in a different order for every section, so that no two lists are equal. */
function manyCodecs(index: number): readonly string[] {
  const payloadTypes = PAYLOAD_TYPES.slice(0, 30);
  const turned = [...payloadTypes.slice(index % 30), ...payloadTypes.slice(0, index % 30)];
  return [turned.join(' '), ...turned.map((payloadType) => `a=rtpmap:${payloadType} vp8/${payloadType}`)];
}

function manyExtensions(index: number): readonly string[] {
  return ['96', 'a=rtpmap:96 VP8/90000', ...range(1, 40).map((id) => `a=extmap:${((id + index) % 250) + 1} u:${((id + index) % 250) + 1}`)];
}

function manySsrcs(index: number): readonly string[] {
  return ['96', 'a=rtpmap:96 VP8/90000', ...range(1, 30).map((count) => `a=ssrc:${index * 100 + count} cname:a`)];
}

function filled(line: string): string {
  const offer = offerOf(1, 'sendonly', () => sixCodecs(() => ''));
  return offer + line.repeat(Math.floor((LIMITS.maxSdpBytes - offer.length) / line.length));
}

function nameOf(codec: number): string {
  return VIDEO_CODECS[codec % VIDEO_CODECS.length] ?? 'VP8';
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
