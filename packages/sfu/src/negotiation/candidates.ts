import type { SdpCandidate } from '@causeway/wire';

/** Type preference of host candidates, component 1 (RFC 8445 §5.1.2). */
const HOST_TYPE_PREFERENCE = 126;
const MAX_LOCAL_PREFERENCE = 65_535;
const COMPONENT = 1;

/**
 * One host candidate for each announced address, all on the one UDP port; earlier addresses are preferred.
 *
 * @param addresses literal IPv4 and IPv6 addresses, without zone
 * @see RFC 8445 §5.1.2 (priority), RFC 8839 §5.1
 */
export function hostCandidates(addresses: readonly string[], port: number): readonly SdpCandidate[] {
  return addresses.map((address, index) => ({
    // Addresses differ in their base, so no two candidates share a foundation.
    foundation: String(index + 1),
    priority: HOST_TYPE_PREFERENCE * 2 ** 24 + (MAX_LOCAL_PREFERENCE - index) * 2 ** 8 + (256 - COMPONENT),
    address,
    port,
  }));
}
