import type { ApiEvent } from '@causeway/protocol';
import { formatPosition } from './event-position.ts';

/**
 * The message that tells a client that it missed some events of a node.
 *
 * @param serial where it stands among them
 * @param atMs milliseconds since 1970
 */
export function describeLoss(nodeNo: number, serial: number, atMs: number): string {
  const event: ApiEvent = { id: formatPosition(nodeNo, serial), type: 'events.lost', at: new Date(atMs).toISOString() };
  return JSON.stringify(event);
}
