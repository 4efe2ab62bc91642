import { type FuzzTarget, mutateBytes, runFuzz } from '@causeway/testkit/fuzz';

function targetThat(run: (input: Uint8Array) => void): FuzzTarget {
  return { name: 'planted', share: 1, seeds: [Uint8Array.of(1, 2, 3, 4)], mutate: mutateBytes, run };
}

test('a fault that one byte triggers is found, and its input is reported', async () => {
  const report = await runFuzz(
    targetThat((input) => {
      if (input[2] === 0xff) throw new Error('planted fault');
    }),
    { seed: 1, inputs: 5000 },
  );

  expect(report.findings.length).toBeGreaterThan(0);
  expect(report.findings[0]?.error).toContain('planted fault');
  expect(report.findings[0]?.input).toMatch(/^....ff/);
});

test('a promise that is rejected is a finding', async () => {
  const target: FuzzTarget = { ...targetThat(() => undefined), run: () => Promise.reject(new Error('planted rejection')) };

  const report = await runFuzz(target, { seed: 1, inputs: 10 });

  expect(report.findings[0]?.error).toContain('planted rejection');
});

test('the same seed makes the same inputs, another seed others', async () => {
  const inputsOf = async (seed: number): Promise<string[]> => {
    const inputs: string[] = [];
    const target = targetThat(() => undefined);
    await runFuzz({ ...target, verify: (input) => inputs.push(Buffer.from(input).toString('hex')) }, { seed, inputs: 200 });
    return inputs;
  };

  const first = await inputsOf(7);
  const again = await inputsOf(7);
  const other = await inputsOf(8);

  expect(first).toHaveLength(200);
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});

test('the samples are never changed, and the code under test gets copies it may keep', async () => {
  const seed = Uint8Array.of(1, 2, 3, 4);
  const target: FuzzTarget = { ...targetThat((input) => input.fill(0xee)), seeds: [seed] };

  await runFuzz(target, { seed: 1, inputs: 500 });

  expect(seed).toEqual(Uint8Array.of(1, 2, 3, 4));
});
