/**
 * Microseconds of CPU that a DTLS record takes, by calls into OpenSSL and by `node:crypto`: median of 9 x 20,000.
 * `node --conditions=causeway-source packages/secure/bench/records.ts`
 */
import { ContentType } from '../src/dtls/dtls-numbers.ts';
import { parseRecords } from '../src/dtls/dtls-record.ts';
import { loadOpensslGcm } from '../src/dtls/openssl-gcm.ts';
import { RecordCipher } from '../src/dtls/record-cipher.ts';

const ROUNDS = 9;
const RECORDS = 20_000;

function medianMicros(act: (index: number) => void): string {
  const micros: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let index = 0; index < RECORDS; index++) act(index);
    const { user, system } = process.cpuUsage(before);
    micros.push((user + system) / RECORDS);
  }
  return (micros.toSorted((one, other) => one - other)[ROUNDS >> 1] ?? 0).toFixed(1);
}

for (const library of [loadOpensslGcm() ?? 'missing', 'missing'] as const) {
  for (const length of [1_192, 60]) {
    const [key, salt] = [Buffer.alloc(16, 1), Buffer.alloc(4, 2)];
    const [sealing, opening] = [new RecordCipher(key, salt, library), new RecordCipher(key, salt, library)];
    const [record] = parseRecords(sealing.seal(ContentType.applicationData, 1, 0, Buffer.alloc(length, 3)));
    const plain = Buffer.alloc(length, 3);
    const name = library === 'missing' ? 'node:crypto' : 'OpenSSL';
    const sealMicros = medianMicros((index) => void sealing.seal(ContentType.applicationData, 1, index, plain));
    const openMicros = record === undefined ? '' : medianMicros(() => void opening.open(record));
    process.stdout.write(`${name}, ${length} bytes: seal ${sealMicros} us, open ${openMicros} us\n`);
  }
}
