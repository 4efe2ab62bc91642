/**
 * Time-based one-time passwords: six digits derived from a shared seed and the current time step. SHA-1 and steps of 30 s are used because
 * authenticator apps ignore other choices.
 *
 * @see RFC 6238, RFC 4226 §5, https://github.com/google/google-authenticator/wiki/Key-Uri-Format
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

const STEP_MS = 30_000;
const DIGITS = 6;
/** Accepted steps before and after the current one, since phone clocks drift and typing takes time (RFC 6238 §5.2). */
const STEPS_OFF = 1;
/** RFC 4226 §4, R6 recommends 160 bits. */
export const TOTP_SEED_SIZE_BYTES = 20;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Returns the code of a time step. @param step number of 30 s periods since 1970 */
export function totpAt(seed: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const hash = createHmac('sha1', seed).update(counter).digest();
  // The digest is truncated where its last four bits say (RFC 4226 §5.3).
  const offset = (hash.at(-1) ?? 0) & 0xf;
  const number = hash.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0');
}

/**
 * Finds the time step of a code.
 *
 * @param nowMs milliseconds since 1970
 * @param afterStep the step of the newest code that was used; steps up to this one are not accepted again
 * @returns undefined if the code matches no accepted step
 */
export function findTotpStep(seed: Uint8Array, code: string, nowMs: number, afterStep: number): number | undefined {
  if (!/^[0-9]{6}$/.test(code)) return undefined;
  const present = Math.floor(nowMs / STEP_MS);
  for (let step = Math.max(present - STEPS_OFF, afterStep + 1); step <= present + STEPS_OFF; step++) {
    if (timingSafeEqual(Buffer.from(totpAt(seed, step)), Buffer.from(code))) return step;
  }
  return undefined;
}

/** Encodes bytes in base32 without padding (RFC 4648 §6), as authenticators expect. */
export function base32Of(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((group) => BASE32.charAt(Number.parseInt(group.padEnd(5, '0'), 2))).join('');
}

/** Returns the `otpauth:` URI for the QR code. @param issuer the name of the service @param account the name of the person */
export function totpUri(seed: Uint8Array, issuer: string, account: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  return `otpauth://totp/${label}?secret=${base32Of(seed)}&issuer=${encodeURIComponent(issuer)}`;
}
