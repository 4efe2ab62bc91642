import { hmacSha1 } from '@causeway/testkit';
import { parseStun, type StunMessage, writeBindingSuccess } from '@causeway/wire';
import type { IceLite } from '../../src/transport/ice-lite.ts';
import { PathChallenge } from '../../src/transport/path-challenge.ts';

const PASSWORD = 'password-of-the-peer';
const KEY = new TextEncoder().encode(PASSWORD);
const RANDOM = Uint8Array.from({ length: 20 }, (_, index) => 0xa0 + index);

function createChallenge(random = RANDOM): PathChallenge {
  // The owner is only compared with, never called.
  return new PathChallenge({} as IceLite, { localUfrag: 'ours', remoteUfrag: 'theirs', remotePassword: PASSWORD }, hmacSha1, random);
}

function parse(bytes: Uint8Array): StunMessage {
  const message = parseStun(bytes);
  if (message === undefined) throw new Error('not STUN');
  return message;
}

function answer(transactionId: Uint8Array, key = KEY): StunMessage {
  return parse(writeBindingSuccess({ transactionId, address: '192.0.2.1', port: 9, integrity: { key, hmacSha1 }, fingerprint: true }));
}

test('a question has 96 bits of its own, the same in each copy, and the name and key of the peer', () => {
  const challenge = createChallenge();

  const message = parse(challenge.write());

  expect(message.transactionId).toEqual(RANDOM.slice(0, 12));
  expect(message.username).toBe('theirs:ours');
  expect(challenge.write()).toEqual(challenge.write());
});

test('it is answered by all 96 bits and the right key, and by nothing less', () => {
  const challenge = createChallenge();
  const { transactionId } = parse(challenge.write());
  const oneBitOff = Array.from({ length: 96 }, (_, bit) =>
    transactionId.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)),
  );

  expect(challenge.isAnsweredBy(answer(transactionId))).toBe(true);
  expect(oneBitOff.filter((id) => challenge.isAnsweredBy(answer(id)))).toEqual([]);
  expect(challenge.isAnsweredBy(answer(transactionId, new TextEncoder().encode('password of another')))).toBe(false);
  expect(challenge.isAnsweredBy(parse(challenge.write()))).toBe(false);
});
