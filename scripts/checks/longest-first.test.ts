/** The order in which Jest starts test files. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PROJECT_ROOT } from './run-node.ts';

interface LongestFirst {
  new (options: object): { sort(tests: readonly object[]): Promise<readonly { readonly path: string }[]> };
  readonly LONGEST: readonly string[];
}

const Order = createRequire(import.meta.url)('../longest-first.cjs') as LongestFirst;

describe('scripts/longest-first.cjs', () => {
  it('names files that exist, each once', () => {
    expect(Order.LONGEST.filter((file) => !existsSync(join(PROJECT_ROOT, file)))).toEqual([]);
    expect(new Set(Order.LONGEST).size).toBe(Order.LONGEST.length);
  });

  it('puts them before all others, the longest first', async () => {
    const config = { id: 'order', rootDir: PROJECT_ROOT, cacheDirectory: '/nonexistent', haste: {} };
    const context = { config, hasteFS: { getSize: () => 1 } };
    const [longest = '', next = ''] = Order.LONGEST;
    const others = ['packages/wire/test/rtp/rtp-header.test.ts', 'scripts/checks/longest-first.test.ts'];
    const tests = [...others, next, longest].map((file) => ({ path: join(PROJECT_ROOT, file), context }));

    const sorted = await new Order({ contexts: [], globalConfig: {} }).sort(tests);

    expect(sorted.slice(0, 2).map(({ path }) => path)).toEqual([join(PROJECT_ROOT, longest), join(PROJECT_ROOT, next)]);
    expect(sorted).toHaveLength(tests.length);
  });
});
