/**
 * Numbered messages over a data channel, as fast as it takes them or at a pace, each with a sum of what it contains;
 * and what a receiver makes of them. The receiver may tell the sender how far it is, so that no more than so many bytes
 * are on their way: what an application does that is not to overrun a reader.
 */
export interface FloodRequest {
  readonly sizeBytes: number;
  readonly durationMs: number;
  /** Default: as fast as the channel takes them. */
  readonly everyMs?: number;
  /** Bytes that may be sent before the receiver confirms them. Default: as much as the channel accepts. */
  readonly maxUnderwayBytes?: number;
}

/** What a receiver has seen so far. */
export interface FloodSeen {
  readonly messages: number;
  readonly bytes: number;
  /** Messages whose contents differ from what was sent. */
  readonly wrongSums: number;
  /** Messages out of order: one is missing or arrived twice. */
  readonly wrongTurns: number;
  /** The longest time between two consecutive messages. */
  readonly longestGapMs: number;
  /** From the first message to the last. */
  readonly tookMs: number;
  /** From `send` to `onmessage`; 0 if nothing came. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const HEADER_BYTES = 16;
const MAX_BUFFERED_BYTES = 1_000_000;
const LOW_BYTES = 500_000;
const CONFIRM_EVERY_BYTES = 64 << 10;
const PACE_MS = 5;

/** Sends for a while. @returns how many messages, when the last one has been handed to the channel */
export async function sendFlood(channel: RTCDataChannel, request: FloodRequest): Promise<number> {
  const { sizeBytes, durationMs, everyMs, maxUnderwayBytes = Number.POSITIVE_INFINITY } = request;
  let confirmedBytes = 0;
  let wake: () => void = () => undefined;
  channel.bufferedAmountLowThreshold = LOW_BYTES;
  channel.onbufferedamountlow = () => wake();
  channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
    confirmedBytes = new DataView(data).getFloat64(0);
    wake();
  };
  const beganMs = performance.now();
  let sent = 0;
  const maySend = (): boolean => {
    if (everyMs !== undefined) return sent * everyMs <= performance.now() - beganMs;
    return channel.bufferedAmount < MAX_BUFFERED_BYTES && sent * sizeBytes - confirmedBytes < maxUnderwayBytes;
  };
  while (performance.now() - beganMs < durationMs) {
    if (channel.readyState !== 'open') throw new Error(`the channel is ${channel.readyState} after ${sent} messages`);
    if (maySend()) {
      channel.send(writeMessage(sent++, sizeBytes));
    } else {
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, PACE_MS);
      });
    }
  }
  return sent;
}

/** Checks messages on the channel from now on. @returns a function that reports what was seen so far */
export function watchFlood(channel: RTCDataChannel): () => FloodSeen {
  const delaysMs: number[] = [];
  let [bytes, confirmedBytes, wrongSums, wrongTurns] = [0, 0, 0, 0];
  let [firstMs, lastMs, longestGapMs] = [0, 0, 0];
  channel.binaryType = 'arraybuffer';
  channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
    const view = new DataView(data);
    const nowMs = performance.timeOrigin + performance.now();
    if (delaysMs.length === 0) firstMs = nowMs;
    else longestGapMs = Math.max(longestGapMs, nowMs - lastMs);
    lastMs = nowMs;
    if (view.getUint32(0) !== delaysMs.length) wrongTurns++;
    if (view.getUint32(12) !== sumOf(data)) wrongSums++;
    delaysMs.push(nowMs - view.getFloat64(4));
    bytes += data.byteLength;
    if (bytes - confirmedBytes < CONFIRM_EVERY_BYTES) return;
    confirmedBytes = bytes;
    const confirmation = new DataView(new ArrayBuffer(8));
    confirmation.setFloat64(0, bytes);
    if (channel.readyState === 'open') channel.send(confirmation.buffer);
  };
  return () => {
    const sorted = Float64Array.from(delaysMs).sort();
    const quantile = (share: number): number => sorted[Math.floor(share * sorted.length)] ?? 0;
    const counts = { messages: delaysMs.length, bytes, wrongSums, wrongTurns, longestGapMs, tookMs: lastMs - firstMs };
    return { ...counts, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
  };
}

function writeMessage(serial: number, sizeBytes: number): ArrayBuffer {
  const data = new ArrayBuffer(Math.max(sizeBytes, HEADER_BYTES));
  const body = new Uint8Array(data, HEADER_BYTES);
  for (let at = 0; at < body.length; at++) body[at] = serial * 31 + at * 7 + (at >> 8);
  const view = new DataView(data);
  view.setUint32(0, serial);
  view.setUint32(12, sumOf(data));
  view.setFloat64(4, performance.timeOrigin + performance.now());
  return data;
}

/** FNV-1a of the body and of its number. */
function sumOf(data: ArrayBuffer): number {
  let sum = 0x811c_9dc5 ^ new DataView(data).getUint32(0);
  for (const byte of new Uint8Array(data, HEADER_BYTES)) sum = Math.imul(sum ^ byte, 0x0100_0193);
  return sum >>> 0;
}
