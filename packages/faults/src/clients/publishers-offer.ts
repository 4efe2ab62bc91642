import { randomInt, randomUUID } from 'node:crypto';
import { LoadPeer, writeOffer } from '@causeway/loadtest';
import type { SecureSuite } from '@causeway/media';

/** Writes the offer of a client that publishes one video track and never connects. */
export function writePublishersOffer(suite: SecureSuite): string {
  const { local } = new LoadPeer(suite, { onSrtp() {}, onSrtcp() {} });
  return writeOffer(local, { streamId: randomUUID(), trackId: randomUUID(), encodings: { ssrc: randomInt(1, 2 ** 32) } });
}
