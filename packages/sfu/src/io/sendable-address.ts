/**
 * 224.0.0.0/4 is multicast (RFC 5771); 240.0.0.0/4 is reserved and contains the broadcast address.
 */
const FIRST_MULTICAST_OCTET = 224;

/**
 * Whether the system can send datagrams to an address. Sources can be forged, and nothing can be sent to port 0, nor
 * should anything be sent to an unspecified, multicast or broadcast address. The broadcast address of a subnet looks
 * like any other, but the system refuses to send there.
 *
 * @param address a literal, as sockets write it
 */
export function isSendableAddress(address: string, port: number): boolean {
  if (port === 0) return false;
  if (address.includes(':')) return address !== '::' && !address.startsWith('ff');
  const firstOctet = Number.parseInt(address, 10);
  return firstOctet > 0 && firstOctet < FIRST_MULTICAST_OCTET;
}
