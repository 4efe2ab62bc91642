/** Of the first octet of an IPv4 address: 224.0.0.0/4 is multicast (RFC 5771), 240.0.0.0/4 is reserved and holds the broadcast address. */
const FIRST_MULTICAST_OCTET = 224;

/**
 * Whether an answer could be sent to where a datagram says that it comes from. Anybody can forge a source, and these are answered by nobody:
 * port 0, and addresses that are unspecified, multicast or broadcast. The broadcast address of a subnet looks like any other; the system
 * refuses to send there.
 *
 * @param address a literal, as sockets write it
 */
export function isSendableAddress(address: string, port: number): boolean {
  if (port === 0) return false;
  if (address.includes(':')) return address !== '::' && !address.startsWith('ff');
  const firstOctet = Number.parseInt(address, 10);
  return firstOctet > 0 && firstOctet < FIRST_MULTICAST_OCTET;
}
