import { runFuzz } from '@causeway/testkit/fuzz';
import { fuzzTargets } from './targets.ts';

// `scripts/fuzz` runs the same targets with two million inputs. Under Jest a few thousand take as long as
// a hundred thousand there, because coverage is read of everything that the worker has loaded.
test.each(fuzzTargets)('hostile datagrams into the $name are never thrown over, and harm no other session', async ({ create }) => {
  const report = await runFuzz(await create(), { seed: 20_261_123, inputs: 4_000 });

  expect(report.findings).toEqual([]);
  expect(report.inputs).toBe(4_000);
});
