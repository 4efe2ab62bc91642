/** Passkeys (WebAuthn discoverable credentials), which sign people in without a password or code. */
import { SfuError } from '@causeway/protocol';

/** The relying party and origin of the console; a passkey is valid only at the site where it was created. */
export interface PasskeySite {
  /** The relying party id: a domain without a port. */
  readonly rpId: string;
  /** The origin of the page, such as `https://sfu.example`. */
  readonly origin: string;
}

/** A passkey as it can be shown. */
export interface Passkey {
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
  /** Undefined if it was never used. */
  readonly lastUsedAtMs: number | undefined;
}

/** How long a challenge is valid. */
export const CHALLENGE_LIFE_MS = 300_000;
/** A person has fewer devices than this. */
export const MAX_PASSKEYS_PER_PERSON = 10;

/**
 * @param origin the `Origin` header of the calling page
 * @throws SfuError `invalid_params` – the host is an IP address, which cannot be a relying party id (WebAuthn §5.1.3, step 7)
 */
export function passkeySiteOf(origin: string): PasskeySite {
  const { hostname } = new URL(origin);
  if (/^(?:[0-9.]+|\[.*\])$/.test(hostname)) {
    throw new SfuError('invalid_params', `passkeys belong to a host name, and this console was opened at the address ${hostname}`);
  }
  return { rpId: hostname, origin };
}
