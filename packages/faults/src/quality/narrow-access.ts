/** The path of one browser: a proxy in a process of its own with a drop-tail queue, a rate and a delay. */

import type { MediaAddress } from '@causeway/e2e';
import { AskedChild } from '@causeway/lab';
import type { AccessDirection, LineState } from '../network/access-network.ts';
import { type Impairment, UNIMPAIRED } from '../network/impairment.ts';
import type { ProxyVerbs } from '../network/proxy-verbs.ts';

/** What waits longer in front of the link is lost: a home router's buffer. */
const QUEUE_MS = 300;

export interface NarrowAccess {
  /** Runs in a page before anything else: the media of its peer connections goes through the proxy. */
  readonly initScript: string;
  /** Changes a direction, seen from the browser; what is not named is unimpaired. */
  impair(direction: AccessDirection, impairment: Partial<Impairment>): Promise<void>;
  /** What the direction carries now, and what waits in front of it. */
  read(direction: AccessDirection): Promise<LineState>;
  close(): Promise<void>;
}

/**
 * @param at where the proxy listens
 * @param targetPort the UDP port of the server
 * @param targetAddress default: that of the proxy
 */
export async function openNarrowAccess(
  name: string,
  at: MediaAddress,
  targetPort: number,
  targetAddress = at.address,
): Promise<NarrowAccess> {
  const { address, port } = at;
  const process = new AskedChild<ProxyVerbs>({ name, program: new URL('../network/proxy-main.ts', import.meta.url) });
  // Clients hear from the node which address it sees: Firefox does not believe in one of loopback.
  await process.ask('openAccess', { address, port, targetAddress, targetPort, seed: 1 });
  return {
    initScript: redirectionScript(at, targetPort),
    impair: (direction, impairment) =>
      process.ask('impairAccess', { port, direction, impairment: { ...UNIMPAIRED, queueMs: QUEUE_MS, ...impairment } }),
    read: (direction) => process.ask('readAccess', { port, direction }),
    close: async () => {
      await process.child.stop();
    },
  };
}

/** The node says where it is; this page is to look for it at the proxy's. */
function redirectionScript({ address, port }: MediaAddress, targetPort: number): string {
  return `{
    const set = RTCPeerConnection.prototype.setRemoteDescription;
    RTCPeerConnection.prototype.setRemoteDescription = function (description) {
      const sdp = description.sdp.replace(/^(a=candidate:\\S+ 1 udp \\d+) \\S+ ${targetPort} typ host/gim, '$1 ${address} ${port} typ host');
      return set.call(this, { type: description.type, sdp });
    };
  }`;
}
