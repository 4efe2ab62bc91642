import { readdirSync, readFileSync } from 'node:fs';
import { constants, getPriority } from 'node:os';
import { PasswordThread } from '../src/people/password-thread.ts';
import { Passwords } from '../src/people/passwords.ts';

/** The place in `/proc/…/stat` after the name, see proc(5). */
const NICENESS_FIELD = 17;
const PARAMETERS = { message: Buffer.alloc(32, 1), nonce: Buffer.alloc(16, 2), memory: 32, passes: 3, parallelism: 1, tagLength: 32 };

test('verifies what it has hashed, however the characters were entered', async () => {
  const passwords = new Passwords();
  const kept = await passwords.hash('caf\u00e9 au lait');
  expect(kept).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await passwords.matches('cafe\u0301 au lait', kept)).toBe(true);
  expect(await passwords.matches('cafe au lait', kept)).toBe(false);
  expect(await passwords.matches('caf\u00e9 au lait', undefined)).toBe(false);
  expect(await passwords.matches('', '')).toBe(false);
});

test('refuses more than 32 at once, and goes on afterwards, also for people it does not know', async () => {
  const passwords = new Passwords();
  const hashed = Array.from({ length: 33 }, () => passwords.hash('a password'));
  const outcomes = await Promise.allSettled([...hashed, passwords.matches('a password', undefined)]);
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(refused).toHaveLength(2);
  for (const { reason } of refused) expect(reason).toMatchObject({ code: 'rate_limited', retryAfterMs: 2_000 });
  expect(await passwords.hash('a password')).toContain('$argon2id$');
  expect(await passwords.matches('a password', undefined)).toBe(false);
});

test('verifies a hash of the reference implementation', async () => {
  // printf 'caf\u00e9 au lait' | argon2 0123456789abcdef -id -t 2 -k 19456 -p 1 -l 32 -e
  const kept = '$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$9w2sgotQuXivPhUX2UxdGRICIiopzFzjCaKjb7xjDcI';
  expect(await new Passwords().matches('caf\u00e9 au lait', kept)).toBe(true);
});

test('fails only what cannot be computed, and not what waits behind it', async () => {
  const thread = new PasswordThread();
  const outcomes = await Promise.allSettled([thread.derive({ ...PARAMETERS, memory: 0 }), thread.derive(PARAMETERS)]);
  expect(outcomes).toEqual([
    { status: 'rejected', reason: expect.objectContaining({ message: expect.stringContaining('memory') }) },
    { status: 'fulfilled', value: expect.objectContaining({ length: 32 }) },
  ]);
});

test('yields to all other threads, whose priority stays', async () => {
  const own = getPriority();
  // Other systems than Linux cannot lower the priority of one thread.
  const [lower, expected] = [Math.min(own + 5, constants.priority.PRIORITY_LOW), process.platform === 'linux' ? 1 : 0];
  const lowered = (): number => niceness().filter((nice) => nice === lower).length;
  const before = lowered();
  await new PasswordThread().derive(PARAMETERS);
  expect(lowered() - before).toBe(expected);
  expect(getPriority()).toBe(own);
});

/** Returns that of each thread of this process. */
function niceness(): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/task').map((id) => {
    const stat = readFileSync(`/proc/self/task/${id}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')')).split(' ')[NICENESS_FIELD]);
  });
}
