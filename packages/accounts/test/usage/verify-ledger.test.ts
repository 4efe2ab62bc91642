/** What a customer finds out with one app's export and nothing else. */
import { createSecretKey } from 'node:crypto';
import { AppId, type LedgerLeafLine } from '@causeway/protocol';
import { exportLedger, type LedgerSource } from '../../src/ledger/export-ledger.ts';
import { LedgerAuthority, type LedgerSigner } from '../../src/ledger/ledger-keys.ts';
import { hashLeaf } from '../../src/ledger/merkle.ts';
import { leafText } from '../../src/usage/usage-leaf.ts';
import { NO_USAGE, type UsageBatch, type UsageBytes } from '../../src/usage/usage-ledger.ts';
import { UsageSealer } from '../../src/usage/usage-sealer.ts';
import { verifyLedger } from '../../src/usage/verify-ledger.ts';

const APP = AppId.parse('demo');
const OTHER_APP = AppId.parse('other');
const RANGE = { fromMs: 0, toMs: 3_600_000 };
const authority = new LedgerAuthority(createSecretKey(Buffer.alloc(32, 1)));

function batch(nodeNo: number, seq: number, bytes: Partial<UsageBytes>, appId = APP): UsageBatch {
  const whole = { ...NO_USAGE, ...bytes };
  const parts = [{ sessionId: `session-${nodeNo}-a`, track: 'session-101-b/"camera" ü', kind: 'video', bytes: whole } as const];
  return { appId, nodeNo, epoch: 7, seq, follows: seq - 1, closedAtMs: 5_000 * seq, region: 'eu', bytes: whole, parts };
}

/** Two nodes with an app on both, and another app on one of them. */
class Service {
  readonly signer: LedgerSigner;
  readonly batches: UsageBatch[] = [];
  readonly #sealers: readonly [UsageSealer, UsageSealer];

  constructor(by: LedgerAuthority = authority) {
    const signers = [101, 102].map((nodeNo) => by.createSigner({ nodeNo, epoch: 7 })) as [LedgerSigner, LedgerSigner];
    this.#sealers = [new UsageSealer(signers[0]), new UsageSealer(signers[1])];
    [this.signer] = signers;
    for (let seq = 1; seq <= 4; seq++) {
      this.batches.push(
        ...this.#sealers[0].seal([batch(101, seq, { down: 1, up: 9 }, OTHER_APP), batch(101, seq, { down: 10 * seq, up: 3 })]),
      );
      this.batches.push(...this.#sealers[1].seal([batch(102, seq, { data: seq })]));
    }
    // Node 102 sees how far node 101 has come.
    const [seen] = this.batches.filter(({ appId, nodeNo, seq }) => appId === APP && nodeNo === 101 && seq === 4);
    this.#sealers[1].noteHeads(APP, [{ nodeNo: 101, epoch: 7, seq: 4, leaf: hashOf(seen) }]);
    this.batches.push(...this.#sealers[1].seal([batch(102, 5, { data: 5 })]));
  }

  /** @param keep which leaves the exporting node does not keep to itself */
  async export(keep: (batch: UsageBatch) => boolean = () => true): Promise<string> {
    const kept = this.batches.filter((each) => each.appId === APP && keep(each));
    const wanted = { appId: APP, ...RANGE, authority: authority.publicKey, signer: this.signer };
    let text = '';
    for await (const some of exportLedger(sourceOf(kept), wanted)) text += some;
    return text;
  }
}

function hashOf(sealed: UsageBatch | undefined): string {
  if (sealed?.seal === undefined) throw new Error('it is sealed');
  return hashLeaf(leafText(sealed, sealed.seal)).toString('hex');
}

function sourceOf(batches: readonly UsageBatch[], moreBilledBytes = 0): LedgerSource {
  return {
    async ledgerExtent() {
      const spans = [...Map.groupBy(batches, ({ nodeNo }) => nodeNo)].map(([nodeNo, some]) => {
        const seqs = some.map(({ seq }) => seq);
        return { nodeNo, epoch: 7, firstSeq: Math.min(...seqs), lastSeq: Math.max(...seqs) };
      });
      return { spans, billedBytes: batches.reduce((sum, { bytes }) => sum + bytes.down + bytes.data, moreBilledBytes) };
    },
    async ledgerRecords(_appId, { nodeNo, firstSeq, lastSeq }) {
      const some = batches.filter((each) => each.nodeNo === nodeNo && each.seq >= firstSeq && each.seq <= lastSeq);
      return some.map((each) => ({ seq: each.seq, leafHash: hashOf(each), line: JSON.stringify(lineOf(each)) }));
    },
  };
}

function lineOf(sealed: UsageBatch): LedgerLeafLine {
  if (sealed.seal === undefined) throw new Error('it is sealed');
  const { proof, block, certificate } = sealed.seal;
  return { type: 'leaf', leaf: leafText(sealed, sealed.seal), proof: { ...proof, path: [...proof.path] }, block, certificate };
}

const linesOf = (text: string) => text.replace(/\n$/, '').split('\n');
const problemsOf = async (text: string, expected = {}) => (await verifyLedger(linesOf(text), expected)).problems;

test('a ledger as it was exported is whole, adds up, and tells nothing of other apps', async () => {
  const text = await new Service().export();
  const report = await verifyLedger(linesOf(text), { authority: authority.publicKey });

  expect(report).toEqual({
    app: 'demo',
    ...RANGE,
    leaves: 9,
    bytes: { down: 100, up: 12, relay: 0, retransmitted: 0, data: 15 },
    authority: authority.publicKey,
    problems: [],
  });
  expect(text).not.toContain(OTHER_APP);
});

test('a byte that is flipped anywhere is found', async () => {
  const bytes = Buffer.from(await new Service().export());
  const unnoticed: number[] = [];
  // Every byte of a beginning, of a leaf and of an end would take a minute: a step that is no divisor of anything meets all kinds.
  for (let place = 0; place < bytes.length - 1; place += 29) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(place) ^ 1, place);
    if ((await problemsOf(changed.toString('utf8'))).length === 0) unnoticed.push(place);
  }

  expect(bytes.length).toBeGreaterThan(8_000);
  expect(unnoticed).toEqual([]);
});

test('a tail that is cut, however long, is found', async () => {
  const lines = linesOf(await new Service().export());

  for (let kept = 0; kept < lines.length; kept++) expect((await verifyLedger(lines.slice(0, kept))).problems).not.toEqual([]);
  for (let kept = 1; kept < lines.length - 1; kept++) {
    expect((await verifyLedger([...lines.slice(0, kept), lines.at(-1) ?? ''])).problems).not.toEqual([]);
  }
});

test('two lines that are swapped are found, whichever they are', async () => {
  const lines = linesOf(await new Service().export());

  for (let one = 0; one < lines.length; one++) {
    for (let other = one + 1; other < lines.length; other++) {
      const swapped = [...lines];
      [swapped[one], swapped[other]] = [lines[other] ?? '', lines[one] ?? ''];
      expect((await verifyLedger(swapped)).problems).not.toEqual([]);
    }
  }
});

test('a line that is left out or comes twice is found', async () => {
  const lines = linesOf(await new Service().export());

  for (let place = 0; place < lines.length; place++) {
    expect((await verifyLedger(lines.toSpliced(place, 1))).problems).not.toEqual([]);
    expect((await verifyLedger(lines.toSpliced(place, 0, lines[place] ?? ''))).problems).not.toEqual([]);
  }
});

test('a node that exports less than it has, and signs that, is found by what another node has seen', async () => {
  const problems = await problemsOf(await new Service().export(({ nodeNo, seq }) => nodeNo === 102 || seq < 4));

  expect(problems).toEqual([expect.stringMatching(/node 101 had 4 leaves, and the last ones are missing/)]);
});

test('keys that another authority has certified are good for nothing', async () => {
  const other = new LedgerAuthority(createSecretKey(Buffer.alloc(32, 2)));

  expect(await problemsOf(await new Service(other).export())).toContain('line 2: the key of the node is not certified');
  expect(await problemsOf(await new Service().export(), { authority: other.publicKey })).toContain(
    'line 1: the export is of another authority',
  );
});

test('a bill that is not what the leaves add up to is found', async () => {
  const service = new Service();
  const kept = service.batches.filter(({ appId }) => appId === APP);
  const wanted = { appId: APP, ...RANGE, authority: authority.publicKey, signer: service.signer };
  let text = '';
  for await (const some of exportLedger(sourceOf(kept, 1), wanted)) text += some;

  expect(await problemsOf(text)).toEqual(['line 11: 116 bytes are billed, and the leaves have 115']);
});

test.each([
  ['nothing', ['']],
  ['something else', ['{"type":"ledger","version":2}', '[]', '"x"', '{"type":"leaf"}', '{"type":"end"}', '']],
])('%s is no ledger, and no error', async (_what, lines) => {
  expect((await verifyLedger(lines)).problems).toContain('line 1: this is not the beginning of a ledger');
});
