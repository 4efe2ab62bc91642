import { parseRtcp } from '@causeway/wire';

/** Whether a decrypted compound RTCP packet asks for a keyframe, by PLI or by FIR. */
export function hasKeyframeRequest(packet: Uint8Array, length: number): boolean {
  return parseRtcp(packet, length)?.some(({ type }) => type === 'pli' || type === 'fir') ?? false;
}
