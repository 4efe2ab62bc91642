/**
 * The lines that offers and answers share.
 *
 * @see RFC 8866 §5 (session lines), RFC 8839 §5.4, RFC 8122 §5, RFC 5763 §5
 */
import { TRANSPORT_WIDE_CC_URI } from '@causeway/wire';
import type { LocalTransport } from './local-media.ts';

export type DtlsSetup = 'actpass' | 'active' | 'passive';

export function sessionLines(mids: readonly string[], version: number): string[] {
  return ['v=0', `o=causeway-loadtest 1 ${version} IN IP4 127.0.0.1`, 's=-', 't=0 0', `a=group:BUNDLE ${mids.join(' ')}`];
}

/** No candidates: the SFU learns the client's address from its checks, as it learns a browser's. */
export function transportLines(transport: LocalTransport, setup: DtlsSetup): string[] {
  return [
    'c=IN IP4 0.0.0.0',
    `a=ice-ufrag:${transport.ice.ufrag}`,
    `a=ice-pwd:${transport.ice.password}`,
    `a=fingerprint:${transport.fingerprint.algorithm} ${transport.fingerprint.value}`,
    `a=setup:${setup}`,
    'a=rtcp-mux',
  ];
}

export function codecLines(payloadType: number, rtpmap: string): string[] {
  return [`a=rtpmap:${payloadType} ${rtpmap}`, `a=rtcp-fb:${payloadType} nack`, `a=rtcp-fb:${payloadType} nack pli`];
}

/** Requests transport-wide numbers for received packets, and promises feedback on them. */
export function transportWideLines(payloadType: number, extensionId: number): string[] {
  return [`a=extmap:${extensionId} ${TRANSPORT_WIDE_CC_URI}`, `a=rtcp-fb:${payloadType} transport-cc`];
}

export function joinLines(lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n`;
}
