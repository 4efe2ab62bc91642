import type { DatagramSink } from '@causeway/media';
import type { UdpPort } from '../io/udp-port.ts';
import { LinkPath } from './link-path.ts';
import type { Neighbours } from './neighbours.ts';

/** Sends to clients through the port, and to other shards through the memory that is shared with them. */
export function createLinkSink(port: UdpPort, neighbours: Neighbours): DatagramSink {
  return {
    send(path, bytes, offset, length) {
      if (!neighbours.send(path, bytes, offset, length)) port.send(path, bytes, offset, length);
    },
    queue(path, bytes, offset, length) {
      if (!neighbours.send(path, bytes, offset, length)) port.queue(path, bytes, offset, length);
    },
    sendQueued: () => port.sendQueued(),
    pathSelected: (path) => port.pathSelected(path),
    openPath: (address, remotePort) => port.openPath(address, remotePort),
    pathReleased(path) {
      if (path instanceof LinkPath) neighbours.closeLink(path);
      else port.pathReleased(path);
    },
  };
}
