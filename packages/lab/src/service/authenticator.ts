/**
 * Computes the codes that an authenticator app shows. This is a second implementation, so that tests compare the service with RFC 6238 and
 * not with itself.
 *
 * @see RFC 6238, RFC 4226 §5.3
 */
import { createHmac } from 'node:crypto';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const STEP_MS = 30_000;

/** Returns the code at a moment. @param seed in base 32, with or without spaces */
export function codeAt(seed: string, nowMs: number): string {
  const letters = [...seed.replaceAll(' ', '')];
  const bits = letters.map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Uint8Array.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(nowMs / STEP_MS)));
  const hash = createHmac('sha1', key).update(counter).digest();
  return String((hash.readUInt32BE((hash.at(-1) ?? 0) & 0xf) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}
