/** Control messages as they are sent on the channel: numbered JSON text, one per data channel message. */
import { CONTROL_MESSAGE_SCHEMA, CONTROL_MESSAGE_TYPES, type ControlMessage } from './control-messages.ts';

/** The largest message that SCTP accepts without the peer's consent (RFC 8831 §6.6). */
const MAX_MESSAGE_BYTES = 16 << 10;
/** The envelope around a message, such as `{"n":`, with the longest number. */
const ENVELOPE_BYTES = 32;

/** One object, so that it is encoded once: a node sends it to every neighbour every second. */
export const PULSE: ControlMessage = { type: 'pulse' };
const PULSE_START = '{"n":';
const PULSE_END = ',"m":{"type":"pulse"}}';

/** The result of reading a message. */
export type ReadMessage =
  | { readonly type: 'message'; readonly serial: number; readonly message: ControlMessage }
  /** A message of a later version: its serial number counts, but it is ignored. */
  | { readonly type: 'unknown'; readonly serial: number }
  | { readonly type: 'malformed' };

/** Caches the encoding, so that a message to all neighbours is encoded once. */
const encoded = new WeakMap<ControlMessage, string>();

/** @returns undefined if the other end would refuse it. All apps share a link, so one client's input must not break it */
export function encodeControlMessage(message: ControlMessage): string | undefined {
  const known = encoded.get(message);
  if (known !== undefined) return known;
  if (!CONTROL_MESSAGE_SCHEMA.safeParse(message).success) return undefined;
  const json = JSON.stringify(message);
  if (json.length + ENVELOPE_BYTES > MAX_MESSAGE_BYTES) return undefined;
  encoded.set(message, json);
  return json;
}

/**
 * @param serial counts the messages of one side of a channel from 1, so that the other side notices a lost one
 * @param encoded by `encodeControlMessage`
 */
export function numberMessage(serial: number, encoded: string): string {
  return `{"n":${serial},"m":${encoded}}`;
}

/** Reads a message from a control channel, whose sender may have a later version or be faulty. */
export function readControlMessage(data: Uint8Array | string): ReadMessage {
  if (typeof data !== 'string' || data.length > MAX_MESSAGE_BYTES) return { type: 'malformed' };
  const pulse = readPulse(data);
  if (pulse !== undefined) return pulse;
  const envelope = parseJson(data);
  if (!isEnvelope(envelope)) return { type: 'malformed' };
  const { n: serial, m } = envelope;
  if (!CONTROL_MESSAGE_TYPES.has(m.type)) return { type: 'unknown', serial };
  const message = CONTROL_MESSAGE_SCHEMA.safeParse(m);
  return message.success ? { type: 'message', serial, message: message.data } : { type: 'malformed' };
}

interface Envelope {
  readonly n: number;
  readonly m: { readonly type: string };
}

function isEnvelope(value: unknown): value is Envelope {
  const { n, m } = (value ?? {}) as { readonly n?: unknown; readonly m?: { readonly type?: unknown } | null };
  return Number.isSafeInteger(n) && Number(n) >= 1 && typeof m?.type === 'string';
}

/** Most messages of an idle cluster are pulses, and parsing and validating one costs twenty times as much as comparing it. */
function readPulse(data: string): ReadMessage | undefined {
  if (!data.endsWith(PULSE_END) || !data.startsWith(PULSE_START)) return undefined;
  const digits = data.slice(PULSE_START.length, -PULSE_END.length);
  const serial = /^[1-9]\d*$/.test(digits) ? Number(digits) : Number.NaN;
  return Number.isSafeInteger(serial) ? { type: 'message', serial, message: PULSE } : undefined;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
