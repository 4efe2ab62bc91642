import fc from 'fast-check';
import { SentLedger } from '../../src/srtp/outbound-srtp.ts';

/** A ledger that has seen so many packets, each with its index as checksum. */
function ledgerAfter(packets: number): SentLedger {
  const ledger = new SentLedger(-1);
  for (let index = 0; index < packets; index++) ledger.admit(index, index + 1);
  return ledger;
}

test('a packet of the last 256 may be sent again, unless its payload has changed', () => {
  const ledger = ledgerAfter(5000);

  const admitted = [4999, 4900, 4744].map((index) => [ledger.admit(index, index + 1), ledger.admit(index, 7)]);

  expect(admitted).toEqual([
    [true, false],
    [true, false],
    [true, false],
  ]);
});

test('a stream that is asked for packets ever further back reaches far enough before it has to refuse one', () => {
  const ledger = ledgerAfter(5000);
  let next = 5000;

  const refused: number[] = [];
  for (let behind = 10; behind < 1900; behind += 10) {
    for (let sent = 0; sent < 40; sent++, next++) ledger.admit(next, next + 1);
    const index = next - behind;
    if (!ledger.admit(index, index + 1) || ledger.admit(index, 7)) refused.push(behind);
  }

  expect(refused).toEqual([]);
});

test('a stream that is asked for a packet that is too old reaches further from then on, but never what it has forgotten', () => {
  const ledger = ledgerAfter(5000);

  const tooOld = [ledger.admit(4700, 4701), ledger.admit(4700, 4701), ledger.admit(4700, 7)];
  for (let index = 5000; index < 6000; index++) ledger.admit(index, index + 1);
  const remembered = [ledger.admit(4744, 4745), ledger.admit(5000, 5001), ledger.admit(5000, 7), ledger.admit(4743, 4744)];

  expect(tooOld).toEqual([false, false, false]);
  expect(remembered).toEqual([true, true, false, false]);
});

test('no index ever carries two payloads, in whatever order packets come', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: -3000, max: 1500 }), fc.integer({ min: 1, max: 3 })), { maxLength: 300 });
  fc.assert(
    fc.property(steps, (moves) => {
      const ledger = new SentLedger(-1);
      const sent = new Map<number, number>();
      let highest = 0;
      for (const [move, checksum] of moves) {
        const index = Math.max(0, highest + move);
        highest = Math.max(highest, index);
        if (!ledger.admit(index, checksum)) continue;
        expect(sent.get(index) ?? checksum).toBe(checksum);
        sent.set(index, checksum);
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});
