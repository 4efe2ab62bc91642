import { type MediaAttributes, write } from 'sdp-transform';
import type { SdpDescription, SdpSection } from './description.ts';

/** Where no address is meant: with ICE the candidates say where to send (RFC 8839 §4.3.1). */
const NO_ADDRESS = '0.0.0.0';
/** Third value of `a=sctpmap`: streams, of which every implementation has as many as the protocol allows. */
const LEGACY_SCTP_STREAMS = 65_535;

/** Writes a description as text with CRLF line ends; the same description always gives the same text. */
export function writeSdp(description: SdpDescription): string {
  const { origin } = description;
  return write({
    version: 0,
    origin: {
      username: origin.username,
      sessionId: origin.sessionId,
      sessionVersion: origin.version,
      netType: 'IN',
      ipVer: 4,
      address: NO_ADDRESS,
    },
    name: '-',
    timing: { start: 0, stop: 0 },
    ...(description.iceLite && { icelite: 'ice-lite' }),
    ...(description.iceOptions.length > 0 && { iceOptions: description.iceOptions.join(' ') }),
    ...(description.bundle.length > 0 && { groups: [{ type: 'BUNDLE', mids: description.bundle.join(' ') }] }),
    ...(description.extmapAllowMixed && { extmapAllowMixed: 'extmap-allow-mixed' }),
    msidSemantic: { semantic: 'WMS', token: '*' },
    media: description.sections.map(sectionAttributes),
  });
}

function sectionAttributes(section: SdpSection): MediaAttributes {
  const [address] = section.candidates;
  return {
    type: section.media,
    port: section.port,
    protocol: section.protocol,
    payloads: section.formats.join(' '),
    connection: connectionOf(address?.address ?? NO_ADDRESS),
    ...(section.mid !== undefined && { mid: section.mid }),
    ...(section.bundleOnly && { bundleOnly: 'bundle-only' }),
    direction: section.direction,
    ...transportAttributes(section),
    ...(section.kind === 'application' ? dataAttributes(section) : rtpAttributes(section)),
  };
}

function connectionOf(address: string): { version: number; ip: string } {
  return { version: address.includes(':') ? 6 : 4, ip: address };
}

function transportAttributes(section: SdpSection): Partial<MediaAttributes> {
  const [fingerprint, ...moreFingerprints] = section.fingerprints;
  return {
    ...(section.ice !== undefined && { iceUfrag: section.ice.ufrag, icePwd: section.ice.password }),
    ...(fingerprint !== undefined && { fingerprint: { type: fingerprint.algorithm, hash: fingerprint.value } }),
    ...(section.setup !== undefined && { setup: section.setup }),
    candidates: section.candidates.map(({ foundation, priority, address, port }) => {
      return { foundation, component: 1, transport: 'udp', priority, ip: address, port, type: 'host' };
    }),
    ...(section.endOfCandidates && { endOfCandidates: 'end-of-candidates' }),
    // sdp-transform writes one fingerprint; lines it does not know are written verbatim.
    invalid: moreFingerprints.map(({ algorithm, value }) => ({ value: `fingerprint:${algorithm} ${value}` })),
  };
}

function dataAttributes(section: SdpSection): Partial<MediaAttributes> {
  if (section.sctp === undefined) return {};
  const { port, maxMessageSize } = section.sctp;
  const isLegacy = section.protocol === 'DTLS/SCTP';
  return {
    ...(isLegacy
      ? { sctpmap: { sctpmapNumber: port, app: 'webrtc-datachannel', maxMessageSize: LEGACY_SCTP_STREAMS } }
      : { sctpPort: port }),
    maxMessageSize,
  };
}

function rtpAttributes(section: SdpSection): Partial<MediaAttributes> {
  return {
    ...(section.rtcpMux && { rtcpMux: 'rtcp-mux' }),
    ...(section.rtcpRsize && { rtcpRsize: 'rtcp-rsize' }),
    rtp: section.codecs.map(({ payloadType, name, clockRateHz, channels }) => {
      return { payload: payloadType, codec: name, rate: clockRateHz, ...(channels > 1 && { encoding: channels }) };
    }),
    fmtp: section.codecs.filter(({ fmtp }) => fmtp !== '').map(({ payloadType, fmtp }) => ({ payload: payloadType, config: fmtp })),
    rtcpFb: section.codecs.flatMap(({ payloadType, feedback }) =>
      feedback.map(({ type, parameter }) => ({ payload: payloadType, type, ...(parameter !== '' && { subtype: parameter }) })),
    ),
    ext: section.extensions.map(({ id, uri, direction }) => ({ value: id, uri, ...(direction !== 'sendrecv' && { direction }) })),
    msid: section.msids.map(({ streamId, trackId }) => ({ id: streamId, appdata: trackId ?? '' })),
    ...sourceAttributes(section),
    rids: section.rids.map(({ id, direction, restrictions }) => ({ id, direction, ...(restrictions !== '' && { params: restrictions }) })),
    ...simulcastAttribute(section),
  };
}

function sourceAttributes(section: SdpSection): Partial<MediaAttributes> {
  return {
    ssrcs: section.ssrcs.flatMap(({ ssrc, cname, msid }) => [
      ...(cname === undefined ? [] : [{ id: ssrc, attribute: 'cname', value: cname }]),
      ...(msid === undefined ? [] : [{ id: ssrc, attribute: 'msid', value: `${msid.streamId} ${msid.trackId ?? ''}`.trimEnd() }]),
    ]),
    ssrcGroups: section.ssrcGroups.map(({ semantics, ssrcs }) => ({ semantics, ssrcs: ssrcs.join(' ') })),
  };
}

function simulcastAttribute({ simulcast }: SdpSection): Partial<MediaAttributes> {
  const lists = [
    ['send', simulcast?.send ?? []],
    ['recv', simulcast?.recv ?? []],
  ] as const;
  const [first, second] = lists.filter(([, rids]) => rids.length > 0).map(([direction, rids]) => [direction, rids.join(';')] as const);
  if (first === undefined) return {};
  return { simulcast: { dir1: first[0], list1: first[1], ...(second !== undefined && { dir2: second[0], list2: second[1] }) } };
}
