/**
 * Opus payloads: their duration, and whether they are silence.
 *
 * @see RFC 6716 §3.1 and §3.2, RFC 7587 §3.1.3
 */

/** The RTP clock of Opus, independent of the sampling rate (RFC 7587 §4.1). */
const TICKS_PER_MS = 48;
/** The longest packet that libopus emits in discontinuous transmission. */
const MAX_DTX_LENGTH = 2;
/** The longest duration of a packet (RFC 6716 §3.2.5). */
const MAX_PACKET_TICKS = 120 * TICKS_PER_MS;

/** Whether the payload is a placeholder for silence in discontinuous transmission: the table of contents and at most one byte. */
export function isOpusDtx(payloadLength: number): boolean {
  return payloadLength <= MAX_DTX_LENGTH;
}

/**
 * Returns the duration of a packet, by which the RTP timestamp of the next one is higher.
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

/** @returns 0 if the payload ends before its count */
function frameCount(payload: Uint8Array, offset: number, length: number): number {
  const code = payload[offset] & 0x03;
  if (code === 0) return 1;
  if (code < 3) return 2;
  return length < 2 ? 0 : payload[offset + 1] & 0x3f;
}

/** Frame sizes (RFC 6716 table 2): SILK 10 to 60 ms, hybrid 10 and 20 ms, CELT 2.5 to 20 ms. */
function frameTicks(configuration: number): number {
  if (configuration >= 16) return (TICKS_PER_MS * 5 * (1 << (configuration & 3))) / 2;
  if (configuration >= 12) return TICKS_PER_MS * 10 * (1 << (configuration & 1));
  const size = configuration & 3;
  return TICKS_PER_MS * (size === 3 ? 60 : 10 * (1 << size));
}
