/** Passkeys (WebAuthn): keys on people's devices that sign them in, with neither password nor code. */
import { SfuError } from '@causeway/protocol';

/** The console as the browser sees it; a passkey is good at the site where it was made. */
export interface PasskeySite {
  /** A domain, without a port. */
  readonly rpId: string;
  /** Such as `https://sfu.example`. */
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

/** How long a browser may take between asking for a challenge and answering it. */
export const CHALLENGE_LIFE_MS = 300_000;
/** More than a person has devices. */
export const MAX_PASSKEYS_PER_PERSON = 10;

/**
 * @param origin of the page that calls, as its browser says it
 * @throws SfuError `invalid_params` – passkeys belong to names, not to addresses (WebAuthn §5.1.3, step 7)
 */
export function passkeySiteOf(origin: string): PasskeySite {
  const { hostname } = new URL(origin);
  if (/^(?:[0-9.]+|\[.*\])$/.test(hostname)) {
    throw new SfuError('invalid_params', `passkeys belong to a host name, and this console was opened at the address ${hostname}`);
  }
  return { rpId: hostname, origin };
}
