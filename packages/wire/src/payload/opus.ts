/**
 * Opus payloads: how long they play, and whether there is anything to hear.
 *
 * @see RFC 6716 §3.1 and §3.2, RFC 7587 §3.1.3
 */

/** The RTP clock of Opus, whatever the audio's sampling rate: RFC 7587 §4.1. */
const TICKS_PER_MS = 48;
/** What libopus emits when its discontinuous transmission has nothing to say. */
const MAX_DTX_LENGTH = 2;
/** No packet plays longer: RFC 6716 §3.2.5. */
const MAX_PACKET_TICKS = 120 * TICKS_PER_MS;

/** Whether the payload is silence that discontinuous transmission stands in for: the table of contents and at most one byte. */
export function isOpusDtx(payloadLength: number): boolean {
  return payloadLength <= MAX_DTX_LENGTH;
}

/**
 * How far the next packet's RTP timestamp lies after this one's.
 *
 * @returns ticks of the 48 kHz clock; undefined if the payload is empty, cut off, or claims more than 120 ms
 */
export function opusDurationTicks(payload: Uint8Array, offset: number, length: number): number | undefined {
  if (length < 1) return undefined;
  const frames = frameCount(payload, offset, length);
  if (frames === 0) return undefined;
  const ticks = frames * frameTicks(payload[offset] >> 3);
  return ticks <= MAX_PACKET_TICKS ? ticks : undefined;
}

/** 0 if the payload ends before its count. */
function frameCount(payload: Uint8Array, offset: number, length: number): number {
  const code = payload[offset] & 0x03;
  if (code === 0) return 1;
  if (code < 3) return 2;
  return length < 2 ? 0 : payload[offset + 1] & 0x3f;
}

/** RFC 6716 table 2: SILK has 10 to 60 ms, hybrid 10 and 20, CELT 2.5 to 20. */
function frameTicks(configuration: number): number {
  if (configuration >= 16) return (TICKS_PER_MS * 5 * (1 << (configuration & 3))) / 2;
  if (configuration >= 12) return TICKS_PER_MS * 10 * (1 << (configuration & 1));
  const size = configuration & 3;
  return TICKS_PER_MS * (size === 3 ? 60 : 10 * (1 << size));
}
