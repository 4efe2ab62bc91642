import { runFuzz } from '@causeway/testkit/fuzz';
import { fuzzTargets } from './targets.ts';

// `scripts/fuzz` runs the same targets for two million inputs.
test.each(fuzzTargets)('hostile $name are accepted or refused with a readable error', async ({ create }) => {
  const report = await runFuzz(await create(), { seed: 20_261_123, inputs: 2000 });

  expect(report.findings).toEqual([]);
  expect(report.inputs).toBe(2000);
});
