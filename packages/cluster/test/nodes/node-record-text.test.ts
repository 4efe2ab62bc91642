import { readNodeRecord, writeNodeRecord } from '../../src/nodes/node-record-text.ts';
import { deriveClusterKeys } from '../../src/trust/cluster-keys.ts';
import { signText } from '../../src/trust/signed-text.ts';
import { nodeRecord } from '../doubles/node-records.ts';

const KEYS = deriveClusterKeys('a key that the whole cluster knows');
const KEY = KEYS.nodeRecords;
const NOW_MS = Date.UTC(2026, 10, 24);

describe('the text of a node record', () => {
  test.each([
    ['with a location', nodeRecord(101)],
    ['without one', nodeRecord(101, { location: undefined })],
    ['of a full, draining node', nodeRecord(101, { state: 'draining', load: 1, linkAddresses: [] })],
  ])('gives back a record %s', (_, record) => {
    expect(readNodeRecord(writeNodeRecord(record, NOW_MS, KEY), NOW_MS, KEY)).toEqual(record);
  });

  test('is refused when it is signed with another key, for another purpose, or not at all', () => {
    const stranger = deriveClusterKeys('a key that only somebody else knows').nodeRecords;
    const text = writeNodeRecord(nodeRecord(101), NOW_MS, KEY);

    expect(readNodeRecord(writeNodeRecord(nodeRecord(101), NOW_MS, stranger), NOW_MS, KEY)).toBeUndefined();
    expect(readNodeRecord(writeNodeRecord(nodeRecord(101), NOW_MS, KEYS.callAssertions), NOW_MS, KEY)).toBeUndefined();
    expect(readNodeRecord(text.split('.')[0] ?? '', NOW_MS, KEY)).toBeUndefined();
    expect(readNodeRecord(JSON.stringify(nodeRecord(101)), NOW_MS, KEY)).toBeUndefined();
  });

  test.each([
    ['just now', 0, true],
    ['a minute and a half ago', 90_000, true],
    ['longer ago', 90_001, false],
    ['by a clock a minute ahead', -60_000, true],
    ['in the future', -60_001, false],
  ])('signed %s is understood: %s ms old', (_, ageMs, isUnderstood) => {
    const text = writeNodeRecord(nodeRecord(101), NOW_MS - ageMs, KEY);

    expect(readNodeRecord(text, NOW_MS, KEY) !== undefined).toBe(isUnderstood);
  });

  test('may say more than is known, but not less', () => {
    const dated = { issuedAtMs: NOW_MS, record: { ...nodeRecord(101), mood: 'sunny' } };

    expect(readNodeRecord(signText(JSON.stringify(dated), KEY), NOW_MS, KEY)).toEqual(nodeRecord(101));
    expect(readNodeRecord(signText(JSON.stringify({ issuedAtMs: NOW_MS, record: { nodeNo: 101 } }), KEY), NOW_MS, KEY)).toBeUndefined();
    expect(readNodeRecord(signText('{', KEY), NOW_MS, KEY)).toBeUndefined();
  });

  test('is refused when it is longer than any record is', () => {
    const text = writeNodeRecord(nodeRecord(101, { region: 'x'.repeat(8_000) }), NOW_MS, KEY);

    expect(readNodeRecord(text, NOW_MS, KEY)).toBeUndefined();
  });
});
