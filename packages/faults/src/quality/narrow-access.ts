/** The path of one browser: a proxy in a process of its own with a drop-tail queue, a rate and a delay. */

import type { MediaAddress } from '@causeway/e2e';
import { AskedChild } from '@causeway/lab';
import type { AccessDirection, LineState } from '../network/access-network.ts';
import { type Impairment, UNIMPAIRED } from '../network/impairment.ts';
import type { ProxyVerbs } from '../network/proxy-verbs.ts';

/** Datagrams that would wait longer in front of the link are lost, as in the buffer of a home router. */
const QUEUE_MS = 300;

export interface NarrowAccess {
  /** A script to run in a page before anything else. It redirects the media of the page's peer connections through the proxy. */
  readonly initScript: string;
  /** Changes a direction as seen from the browser. Properties that are not given are unimpaired. */
  impair(direction: AccessDirection, impairment: Partial<Impairment>): Promise<void>;
  /** Returns what the direction carries at present, and what waits in front of it. */
  read(direction: AccessDirection): Promise<LineState>;
  close(): Promise<void>;
}

/**
 * Opens a path in front of a server.
 *
 * @param at where the proxy listens
 * @param targetPort the UDP port of the server
 * @param targetAddress default: the address of the proxy
 * @param seed of what the path does by chance
 */
export async function openNarrowAccess(
  name: string,
  at: MediaAddress,
  targetPort: number,
  targetAddress = at.address,
  seed = 1,
): Promise<NarrowAccess> {
  const { address, port } = at;
  const process = new AskedChild<ProxyVerbs>({ name, program: new URL('../network/proxy-main.ts', import.meta.url) });
  // The node tells clients which address it sees. Firefox does not accept a loopback address.
  await process.ask('openAccess', { address, port, targetAddress, targetPort, seed });
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

/** Returns a script that makes the page use the proxy's address in place of the node's. */
function redirectionScript({ address, port }: MediaAddress, targetPort: number): string {
  return `{
    const set = RTCPeerConnection.prototype.setRemoteDescription;
    RTCPeerConnection.prototype.setRemoteDescription = function (description) {
      const sdp = description.sdp.replace(/^(a=candidate:\\S+ 1 udp \\d+) \\S+ ${targetPort} typ host/gim, '$1 ${address} ${port} typ host');
      return set.call(this, { type: description.type, sdp });
    };
  }`;
}
