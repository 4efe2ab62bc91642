import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// The folder is found from the repository's root because Jest runs CommonJS, where a module does not know its own URL.
const OFFERS = join(process.cwd(), 'packages', 'testkit', 'offers');

/**
 * The names of the offers that were captured from real clients, such as `chromium-simulcast-publisher`. `offers/README.md` names their
 * versions.
 */
export function capturedOffers(): readonly string[] {
  return readdirSync(OFFERS)
    .filter((file) => file.endsWith('.sdp'))
    .map((file) => file.slice(0, -'.sdp'.length))
    .sort();
}

/** @returns the SDP exactly as the client wrote it */
export function capturedOffer(name: string): string {
  return readFileSync(join(OFFERS, `${name}.sdp`), 'utf8');
}
