import type { SdpCodec, SdpDescription, SdpSection, SdpSimulcast } from './description.ts';

/** Written where no address is meant, since with ICE the candidates tell where to send (RFC 8839 §4.3.1). */
const NO_ADDRESS = '0.0.0.0';
/** Third value of `a=sctpmap`, the number of streams; every implementation supports the maximum. */
const LEGACY_SCTP_STREAMS = 65_535;
const END = '\r\n';

/** Writes a description as text with CRLF line ends. The same description always yields the same text. */
export function writeSdp(description: SdpDescription): string {
  return writeSdpSession(description) + description.sections.map(writeSdpSection).join('');
}

/** Writes the part before the first m-section. */
export function writeSdpSession(description: Omit<SdpDescription, 'sections'>): string {
  const { origin, iceLite, iceOptions, bundle, extmapAllowMixed } = description;
  const lines = ['v=0', `o=${origin.username} ${origin.sessionId} ${origin.version} IN IP4 ${NO_ADDRESS}`, 's=-', 't=0 0'];
  if (iceLite) lines.push('a=ice-lite');
  if (iceOptions.length > 0) lines.push(`a=ice-options:${iceOptions.join(' ')}`);
  if (bundle.length > 0) lines.push(`a=group:BUNDLE ${bundle.join(' ')}`);
  if (extmapAllowMixed) lines.push('a=extmap-allow-mixed');
  lines.push('a=msid-semantic:WMS *');
  return lines.join(END) + END;
}

/** Writes one m-section. The whole text is the session part followed by all sections. */
export function writeSdpSection(section: SdpSection): string {
  const address = section.candidates[0]?.address ?? NO_ADDRESS;
  const lines = [
    `m=${section.media} ${section.port} ${section.protocol} ${section.formats.join(' ')}`,
    `c=IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}`,
  ];
  if (section.mid !== undefined) lines.push(`a=mid:${section.mid}`);
  if (section.bundleOnly) lines.push('a=bundle-only');
  lines.push(`a=${section.direction}`);
  writeTransport(section, lines);
  if (section.kind === 'application') writeData(section, lines);
  else writeRtp(section, lines);
  return lines.join(END) + END;
}

function writeTransport({ ice, fingerprints, setup, candidates, endOfCandidates }: SdpSection, lines: string[]): void {
  if (ice !== undefined) lines.push(`a=ice-ufrag:${ice.ufrag}`, `a=ice-pwd:${ice.password}`);
  for (const { algorithm, value } of fingerprints) lines.push(`a=fingerprint:${algorithm} ${value}`);
  if (setup !== undefined) lines.push(`a=setup:${setup}`);
  for (const { foundation, priority, address, port } of candidates) {
    lines.push(`a=candidate:${foundation} 1 udp ${priority} ${address} ${port} typ host`);
  }
  if (endOfCandidates) lines.push('a=end-of-candidates');
}

function writeData({ sctp, protocol }: SdpSection, lines: string[]): void {
  if (sctp === undefined) return;
  const isLegacy = protocol === 'DTLS/SCTP';
  lines.push(isLegacy ? `a=sctpmap:${sctp.port} webrtc-datachannel ${LEGACY_SCTP_STREAMS}` : `a=sctp-port:${sctp.port}`);
  lines.push(`a=max-message-size:${sctp.maxMessageSize}`);
}

function writeRtp(section: SdpSection, lines: string[]): void {
  if (section.rtcpMux) lines.push('a=rtcp-mux');
  if (section.rtcpRsize) lines.push('a=rtcp-rsize');
  if (section.codecs.length > 0) lines.push(codecsText(section.codecs));
  if (section.reportsByStream === true) lines.push('a=rtcp-fb:* ack ccfb');
  for (const { id, uri, direction } of section.extensions) {
    lines.push(direction === 'sendrecv' ? `a=extmap:${id} ${uri}` : `a=extmap:${id}/${direction} ${uri}`);
  }
  for (const { streamId, trackId } of section.msids) lines.push(`a=msid:${streamId} ${trackId ?? ''}`.trimEnd());
  for (const { semantics, ssrcs } of section.ssrcGroups) lines.push(`a=ssrc-group:${semantics} ${ssrcs.join(' ')}`);
  for (const { ssrc, cname, msid } of section.ssrcs) {
    if (cname !== undefined) lines.push(`a=ssrc:${ssrc} cname:${cname}`);
    if (msid !== undefined) lines.push(`a=ssrc:${ssrc} msid:${msid.streamId} ${msid.trackId ?? ''}`.trimEnd());
  }
  for (const { id, direction, restrictions } of section.rids) lines.push(`a=rid:${id} ${direction} ${restrictions}`.trimEnd());
  if (section.simulcast !== undefined) writeSimulcast(section.simulcast, lines);
}

/** m-sections share codec lists, which make up most of the text. */
const texts = new WeakMap<readonly SdpCodec[], string>();

function codecsText(codecs: readonly SdpCodec[]): string {
  let text = texts.get(codecs);
  if (text === undefined) {
    const lines: string[] = [];
    for (const codec of codecs) writeCodec(codec, lines);
    text = lines.join(END);
    texts.set(codecs, text);
  }
  return text;
}

function writeCodec({ payloadType, name, clockRateHz, channels, fmtp, feedback }: SdpCodec, lines: string[]): void {
  const encoding = `a=rtpmap:${payloadType} ${name}/${clockRateHz}`;
  lines.push(channels > 1 ? `${encoding}/${channels}` : encoding);
  for (const { type, parameter } of feedback) {
    lines.push(parameter === '' ? `a=rtcp-fb:${payloadType} ${type}` : `a=rtcp-fb:${payloadType} ${type} ${parameter}`);
  }
  if (fmtp !== '') lines.push(`a=fmtp:${payloadType} ${fmtp}`);
}

function writeSimulcast({ send, recv }: SdpSimulcast, lines: string[]): void {
  const lists = [];
  if (send.length > 0) lists.push(`send ${send.join(';')}`);
  if (recv.length > 0) lists.push(`recv ${recv.join(';')}`);
  if (lists.length > 0) lines.push(`a=simulcast:${lists.join(' ')}`);
}
