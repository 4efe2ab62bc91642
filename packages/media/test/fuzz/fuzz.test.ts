import { runFuzz } from '@causeway/testkit/fuzz';
import { fuzzTargets } from './targets.ts';

// `scripts/fuzz` runs the same targets with two million inputs. Under Jest a thousand take as long as
// twenty-five thousand there, because coverage is read of everything that the worker has loaded.
test.each(fuzzTargets)('hostile datagrams into the $name are never thrown over, and harm no other session', async ({ create }) => {
  const report = await runFuzz(await create(), { seed: 20_261_123, inputs: 1_500 });

  expect(report.findings).toEqual([]);
  expect(report.inputs).toBe(1_500);
});
