/**
 * Defects that tests once missed in a review. Each must be found for good: `scripts/mutate named` puts them in, one after
 * the other, and fails if the tests named here still pass.
 */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import type { Mutant } from './mutant.ts';

export interface NamedMutant {
  readonly name: string;
  readonly file: string;
  /** Occurs once in the file. */
  readonly before: string;
  readonly after: string;
  /** Test files of which at least one must fail. */
  readonly tests: readonly string[];
}

export const NAMED_MUTANTS: readonly NamedMutant[] = [
  {
    name: 'a finished handshake proves any path',
    file: 'packages/media/src/transport/ice-lite.ts',
    before: 'path !== undefined && path === this.#handshakePath && !path.isProven',
    after: 'path !== undefined && !path.isProven',
    tests: ['packages/media/test/attacks/unproven-path.test.ts'],
  },
  {
    name: 'an unproven address gets four bytes for each of its own',
    file: 'packages/media/src/transport/ice-lite.ts',
    before: 'ALLOWANCE_FACTOR = 3',
    after: 'ALLOWANCE_FACTOR = 4',
    tests: ['packages/media/test/attacks/unproven-path.test.ts'],
  },
  {
    name: 'an RTCP compound costs as little as an RTP packet',
    file: 'packages/media/src/transport/peer-transport.ts',
    before: 'RTCP_WEIGHT = 4',
    after: 'RTCP_WEIGHT = 1',
    tests: ['packages/media/test/attacks/packet-flood.test.ts'],
  },
  {
    name: 'the replay window keeps the mark of the last index that a gap skips',
    file: 'packages/secure/src/replay-window.ts',
    before: 'i <= skipped',
    after: 'i < skipped',
    tests: ['packages/secure/test/srtp/replay-window.test.ts'],
  },
  {
    name: 'of two layers medium is the better one',
    file: 'packages/sfu/src/negotiation/layer-choice.ts',
    before: '(rids.length - 1) / 2',
    after: 'rids.length / 2',
    tests: ['packages/sfu/test/session/layer-choice.test.ts'],
  },
  {
    name: 'the sweep removes sessions that another life has written',
    file: 'packages/cluster/lua/sessions-sweep.lua',
    before: "redis.call('HGET', session, 'life') == ARGV[1]",
    after: 'true',
    tests: ['packages/cluster/test/registry/registry-scripts.test.ts'],
  },
  {
    name: 'forgetting a node ignores its running lease',
    file: 'packages/cluster/lua/node-forget.lua',
    before: 'endsAtMs > time[1] * 1000 + math.floor(time[2] / 1000)',
    after: 'false',
    tests: ['packages/cluster/test/registry/registry-scripts.test.ts'],
  },
];

/** Finds the place of a named mutant. @throws Error – its text is not in the file exactly once */
export function locateNamedMutant(root: string, { name, file, before, after }: NamedMutant): Mutant {
  const source = readFileSync(`${root}/${file}`);
  const start = source.indexOf(before);
  if (start < 0 || source.indexOf(before, start + 1) >= 0)
    throw new Error(`${file} must hold \`${before}\` once: it is where "${name}" goes`);
  const line = source.subarray(0, start).filter((byte) => byte === 0x0a).length + 1;
  return { file, line, start, end: start + Buffer.byteLength(before), replacement: after };
}
