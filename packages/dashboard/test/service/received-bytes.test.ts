import { addReading, MAX_READINGS, receivedBytes, sizeText } from '../../src/service/received-bytes.ts';

test('adds up only received media', () => {
  const report = new Map([
    ['a', { type: 'inbound-rtp', bytesReceived: 1_000 }],
    ['b', { type: 'inbound-rtp', bytesReceived: 234 }],
    ['c', { type: 'inbound-rtp' }],
    ['d', { type: 'transport', bytesReceived: 9_999 }],
  ]);

  expect(receivedBytes(report)).toBe(1_234);
});

test('keeps five minutes of readings', () => {
  let readings: ReturnType<typeof addReading> = [];
  for (let atSeconds = 0; atSeconds <= MAX_READINGS; atSeconds++) readings = addReading(readings, { atSeconds, totalBytes: atSeconds });

  expect([readings.length, readings[0]?.atSeconds, readings.at(-1)?.atSeconds]).toEqual([MAX_READINGS, 1, MAX_READINGS]);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.00 kB'],
  [64_900, '64.9 kB'],
  [1_500_000, '1.50 MB'],
  [2_000_000_000_000_000, '2.00e+3 TB'],
])('%d bytes are %s', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});
