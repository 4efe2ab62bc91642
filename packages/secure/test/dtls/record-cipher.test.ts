import { ContentType, DTLS_1_2 } from '../../src/dtls/dtls-numbers.ts';
import { parseRecords } from '../../src/dtls/dtls-record.ts';
import { loadOpensslGcm, MAX_GCM_LENGTH } from '../../src/dtls/openssl-gcm.ts';
import { RecordCipher } from '../../src/dtls/record-cipher.ts';

const KEY = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const SALT = Buffer.from('a0a1a2a3', 'hex');
const LENGTHS = [0, 1, 15, 16, 17, 1_200, MAX_GCM_LENGTH, MAX_GCM_LENGTH + 1, 9_000];

function plainOf(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => index * 13 + length));
}

function recordOf(bytes: Buffer) {
  const [record] = parseRecords(bytes);
  if (record === undefined) throw new Error('not a record');
  return record;
}

function gcm() {
  const loaded = loadOpensslGcm();
  if (loaded === undefined) throw new Error('the Node that runs the tests has FFI');
  return loaded;
}

test.each(LENGTHS)('OpenSSL by its own calls and by node:crypto make the same record of %i bytes', (length) => {
  const [direct, byNode] = [new RecordCipher(KEY, SALT, gcm()), new RecordCipher(KEY, SALT, 'missing')];

  for (const sequence of [0, 1, 2 ** 48 - 1]) {
    const sealed = direct.seal(ContentType.applicationData, 1, sequence, plainOf(length));
    expect(sealed.equals(byNode.seal(ContentType.applicationData, 1, sequence, plainOf(length)))).toBe(true);
    expect(recordOf(sealed)).toMatchObject({ contentType: ContentType.applicationData, version: DTLS_1_2, epoch: 1, sequence });
    for (const cipher of [direct, byNode])
      expect(Buffer.from(cipher.open(recordOf(sealed)) ?? 'refused').equals(plainOf(length))).toBe(true);
  }
});

test.each(LENGTHS)('a record of %i bytes with any byte changed is refused, and the next good one opened', (length) => {
  for (const cipher of [new RecordCipher(KEY, SALT, gcm()), new RecordCipher(KEY, SALT, 'missing')]) {
    const sealed = cipher.seal(ContentType.applicationData, 1, 7, plainOf(length));
    const placesOf = { epochAndSequence: 10, nonce: 13, body: 21, tag: sealed.length - 1 };
    for (const place of Object.values(placesOf)) {
      const changed = Buffer.from(sealed);
      changed[place]! ^= 0x40;
      expect(cipher.open(recordOf(changed))).toBeUndefined();
    }
    expect(Buffer.from(cipher.open(recordOf(sealed)) ?? 'refused').equals(plainOf(length))).toBe(true);
  }
});

test('a record that is shorter than nonce and tag is refused', () => {
  const sealed = new RecordCipher(KEY, SALT).seal(ContentType.applicationData, 1, 0, plainOf(0));
  const short = Buffer.concat([sealed.subarray(0, 11), Buffer.from([0, 23]), sealed.subarray(13, 36)]);

  for (const library of [gcm(), 'missing'] as const) expect(new RecordCipher(KEY, SALT, library).open(recordOf(short))).toBeUndefined();
});

test('more ciphers than OpenSSL keeps keys for take turns', () => {
  const library = gcm();
  const ciphers = Array.from({ length: 1_100 }, (_, index) => {
    const [key, salt] = [Buffer.alloc(16, `key ${index}`), Buffer.alloc(4, `${index}`)];
    return { direct: new RecordCipher(key, salt, library), byNode: new RecordCipher(key, salt, 'missing') };
  });

  for (const sequence of [1, 2]) {
    const isWrong = ciphers.map(({ direct, byNode }) => {
      const [one, other] = [direct, byNode].map((cipher) => cipher.seal(ContentType.applicationData, 1, sequence, plainOf(20)));
      return one === undefined || other === undefined || !one.equals(other);
    });
    expect(isWrong.filter(Boolean)).toEqual([]);
  }
});

test('the contexts of ciphers that are closed serve others, and have no key until then', () => {
  const library = gcm();
  const contexts: number[] = [];

  for (let round = 0; round < 3; round++) {
    const ciphers = Array.from({ length: 50 }, (_, index) => new RecordCipher(Buffer.alloc(16, index), Buffer.alloc(4), library));
    // A cipher that has lost its context takes another, so after some records all have one.
    for (let sequence = 0; sequence < 10; sequence++)
      for (const cipher of ciphers) cipher.seal(ContentType.applicationData, 1, sequence, plainOf(20));
    expect(library.census().keys).toBe(ciphers.length);
    for (const cipher of [...ciphers, ...ciphers]) cipher.close();
    expect(library.census().keys).toBe(0);
    contexts.push(library.census().contexts);
  }

  expect(new Set(contexts).size).toBe(1);
});

test('a cipher that has been closed still makes the same record', () => {
  const [direct, byNode] = [new RecordCipher(KEY, SALT, gcm()), new RecordCipher(KEY, SALT, 'missing')];
  direct.seal(ContentType.applicationData, 1, 1, plainOf(100));
  direct.close();
  byNode.close();

  const [one, other] = [direct, byNode].map((cipher) => cipher.seal(ContentType.applicationData, 1, 2, plainOf(100)));
  expect(one?.equals(other ?? Buffer.alloc(0))).toBe(true);
});

test('ciphers with different keys take turns, and what was opened stays while others are sealed', () => {
  const library = gcm();
  const ciphers = Array.from({ length: 5 }, (_, index) => new RecordCipher(Buffer.alloc(16, index), Buffer.alloc(4, index), library));
  const records = ciphers.map((cipher, index) => cipher.seal(ContentType.applicationData, 1, index, plainOf(100 + index)));

  const opened = ciphers[3]?.open(recordOf(records[3] ?? Buffer.alloc(0)));
  const answer = ciphers[4]?.seal(ContentType.applicationData, 1, 9, plainOf(500)) ?? Buffer.alloc(0);

  expect(Buffer.from(opened ?? 'refused').equals(plainOf(103))).toBe(true);
  expect(Buffer.from(ciphers[4]?.open(recordOf(answer)) ?? 'refused').equals(plainOf(500))).toBe(true);
  expect(ciphers[2]?.open(recordOf(records[3] ?? Buffer.alloc(0)))).toBeUndefined();
});

test('keys that encrypt once share a context, and keys that take turns get one each', () => {
  const library = gcm();
  const ciphersOf = (count: number): RecordCipher[] =>
    Array.from({ length: count }, (_, index) => new RecordCipher(Buffer.alloc(16, index), Buffer.alloc(4, index), library));
  const placesOf = (ciphers: readonly RecordCipher[]): number => new Set(ciphers.map(({ place }) => place)).size;
  const seal = (cipher: RecordCipher, sequence: number): Buffer => cipher.seal(ContentType.applicationData, 1, sequence, plainOf(20));

  const idle = ciphersOf(200);
  for (const cipher of idle) seal(cipher, 0);
  const busy = ciphersOf(50);
  for (let sequence = 0; sequence < 4; sequence++) for (const cipher of busy) seal(cipher, sequence);
  const before = busy.map(({ place }) => place);
  for (const [index, stranger] of ciphersOf(40).entries()) {
    seal(stranger, 0);
    for (const cipher of busy) seal(cipher, 4 + index);
  }

  expect(placesOf(idle)).toBeLessThan(5);
  expect(placesOf(busy)).toBe(50);
  expect(busy.map(({ place }) => place)).toEqual(before);
});
