import { runFuzz } from '@causeway/testkit/fuzz';
import { fuzzTargets } from './targets.ts';

// `scripts/fuzz` runs the same targets for two million inputs.
test.each(fuzzTargets)('hostile datagrams into the $name are never thrown over, and harm no other session', async ({ create }) => {
  const report = await runFuzz(await create(), { seed: 20_261_123, inputs: 20_000 });

  expect(report.findings).toEqual([]);
  expect(report.inputs).toBe(20_000);
});
