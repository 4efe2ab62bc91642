/** The unit tests as `jest.config.ts` has them, from the sandbox's root, with what `scripts/mutate` adds. */
import config from '../../jest.config.ts';

const { displayName: _, ...unit } = config.projects[0];

export default {
  ...unit,
  rootDir: '../..',
  // Fuzz tests find by luck what others must find on purpose, and take the longest.
  testMatch: ['<rootDir>/packages/*/test/!(fuzz)/**/*.test.ts', '<rootDir>/packages/*/test/*.test.ts'],
  setupFilesAfterEnv: ['<rootDir>/scripts/mutation/note-reach.cjs'],
  testSequencer: '<rootDir>/scripts/mutation/test-order.cjs',
  // Sources change between runs and nothing else does; their contents name the cached result.
  cacheDirectory: '<rootDir>/.cache',
  watchman: false,
};
