import { isIP } from 'node:net';
import { createLiteralSocket } from './literal-socket.ts';

/** Any port will do, since no datagram is sent. */
const PROBED_PORT = 9;

/**
 * Returns the local address that the system would use to reach a remote one. A connected UDP socket learns it from the
 * routing table without sending a packet.
 *
 * @returns undefined if there is no route, or the text is not an address
 */
export function sourceAddressTowards(remoteAddress: string): string | undefined {
  const family = isIP(remoteAddress);
  if (family === 0) return undefined;
  const probe = createLiteralSocket(remoteAddress, { reusePort: false });
  // Without a route, `connect` fails, and then `address` does.
  probe.on('error', () => undefined);
  try {
    probe.bind({ address: family === 6 ? '::' : '0.0.0.0', port: 0, exclusive: true });
    probe.connect(PROBED_PORT, remoteAddress);
    return probe.address().address;
  } catch {
    return undefined;
  } finally {
    probe.close();
  }
}
