import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// The folder is found from the repository's root because Jest runs CommonJS, where a module does not know its own URL.
const TRAFFIC = join(process.cwd(), 'packages', 'testkit', 'traffic');

export type TrafficKind = 'stun' | 'dtls' | 'rtp' | 'rtcp' | 'sctp';

/** Returns what real browsers sent, of one kind. `traffic/README.md` names their versions and the kinds. */
export function capturedTraffic(kind: TrafficKind): Uint8Array[] {
  return readdirSync(TRAFFIC)
    .filter((file) => file.endsWith(`-${kind}.hex`))
    .sort()
    .flatMap((file) => readFileSync(join(TRAFFIC, file), 'utf8').trim().split('\n'))
    .map((line) => Uint8Array.from(Buffer.from(line, 'hex')));
}
