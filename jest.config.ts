import type { Config } from 'jest';

const shared: Config = {
  testEnvironment: 'node',
  // Packages are run from source: `exports` names the TypeScript file under this condition.
  testEnvironmentOptions: { customExportConditions: ['causeway-source', 'node', 'node-addons'] },
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
    // They are published as ES modules alone, which Jest does not load.
    '/node_modules/(?:jose|kysely|openid-client|oauth4webapi|oidc-provider)/.+\\.js$': [
      '@swc/jest',
      { jsc: { target: 'es2024' }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: ['/node_modules/(?!(?:jose|kysely|openid-client|oauth4webapi|oidc-provider)/)'],
};

export default {
  testSequencer: '<rootDir>/scripts/longest-first.cjs',
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/packages/!(e2e|interop|faults)/test/**/*.test.ts', '<rootDir>/scripts/checks/**/*.test.ts'],
    },
    { ...shared, displayName: 'e2e', testMatch: ['<rootDir>/packages/e2e/test/**/*.test.ts'] },
    { ...shared, displayName: 'faults', testMatch: ['<rootDir>/packages/faults/test/**/*.test.ts'] },
    { ...shared, displayName: 'interop', testMatch: ['<rootDir>/packages/interop/test/**/*.test.ts'] },
  ],
} satisfies Config;
