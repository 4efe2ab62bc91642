/** The pseudo-random function of TLS 1.2, and the values derived with it. @see RFC 5246 §5, §6.3, §8.1; RFC 7627 §4; RFC 5705 §4 */
import { createHmac, hash } from 'node:crypto';

const MASTER_SECRET_LENGTH = 48;
const VERIFY_DATA_LENGTH = 12;

/** P_SHA256 over label and seed. */
export function prf(secret: Uint8Array, label: string, seed: Uint8Array, length: number): Buffer {
  const labelled = Buffer.concat([Buffer.from(label, 'latin1'), seed]);
  const blocks: Buffer[] = [];
  let a = labelled;
  for (let made = 0; made < length; made += 32) {
    a = createHmac('sha256', secret).update(a).digest();
    blocks.push(createHmac('sha256', secret).update(a).update(labelled).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}

/** @param transcript all messages up to and including ClientKeyExchange */
export function extendedMasterSecret(preMasterSecret: Uint8Array, transcript: Uint8Array): Buffer {
  return prf(preMasterSecret, 'extended master secret', sha256(transcript), MASTER_SECRET_LENGTH);
}

/** Computes the content of a Finished message. @param transcript all messages before it */
export function verifyData(masterSecret: Uint8Array, sender: 'client' | 'server', transcript: Uint8Array): Buffer {
  // Copied out of the buffer pool, because the server may keep its last flight as long as the association lives.
  return Buffer.from(Uint8Array.from(prf(masterSecret, `${sender} finished`, sha256(transcript), VERIFY_DATA_LENGTH)).buffer);
}

function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer');
}
