/**
 * Which package may import which: the directions of ARCHITECTURE.md as data. Everything not named here is forbidden, so a new
 * edge or a new vendor shows as a change to this file.
 */

export interface PackageRule {
  /** Packages of the project that this package's `src` may import. Its tests may import these, itself and `TEST_PACKAGES`. */
  readonly packages: readonly string[];
  /** Packages from npm that its `src` may import. */
  readonly vendors: readonly string[];
  /** Vendors that one folder of `src` alone may import: a peer that may be missing, say. */
  readonly vendorFolders?: Readonly<Record<string, string>>;
  /** Whether `src` may import Node's own modules; `false` keeps a package usable in a browser. */
  readonly nodeModules: boolean;
  /** Time and randomness come in as parameters: `Date` and `Math.random` are forbidden in `src`. */
  readonly isSansIo?: true;
  /** Packages from npm that only its tests and tools may import, besides those of every test. */
  readonly toolVendors?: readonly string[];
  /** What users get is a bundle that contains its vendors: they are declared as `devDependencies`. */
  readonly isBundled?: true;
  /** Packages from npm that are declared for a package of the project, whose peers they are, and not imported. */
  readonly peers?: readonly string[];
  /** Packages whose files are served: they are dependencies, but not imported. */
  readonly servedPackages?: readonly string[];
}

/** From the bottom of the house to the top. A package only imports packages above it in this list. */
export const PACKAGE_RULES: Readonly<Record<string, PackageRule>> = {
  wire: { packages: [], vendors: [], nodeModules: false, isSansIo: true },
  protocol: { packages: [], vendors: ['zod'], nodeModules: false },
  // What pages and programs of users may build on; of `protocol` it takes types alone.
  client: { packages: ['protocol'], vendors: ['werift'], nodeModules: false, vendorFolders: { werift: 'node' } },
  media: { packages: ['wire'], vendors: [], nodeModules: false, isSansIo: true },
  secure: { packages: ['media', 'wire'], vendors: [], nodeModules: true, toolVendors: ['assemblyscript'] },
  accounts: { packages: ['protocol'], vendors: ['jose'], nodeModules: true },
  books: {
    packages: ['protocol', 'accounts'],
    vendors: ['kysely', 'pg', '@simplewebauthn/server', 'openid-client'],
    nodeModules: true,
    toolVendors: ['oidc-provider'],
  },
  // zod: what other nodes write on a link is checked like everything else that comes from outside.
  sfu: { packages: ['protocol', 'media', 'secure', 'wire'], vendors: ['zod'], nodeModules: true },
  cluster: { packages: ['protocol', 'accounts', 'sfu'], vendors: ['ioredis', 'geoip-lite', 'zod'], nodeModules: true },
  gateway: {
    packages: ['protocol', 'accounts', 'books', 'sfu', 'cluster'],
    vendors: [
      'express',
      'winston',
      '@opentelemetry/api',
      '@opentelemetry/core',
      '@opentelemetry/exporter-metrics-otlp-http',
      '@opentelemetry/exporter-trace-otlp-http',
      '@opentelemetry/resources',
      '@opentelemetry/sdk-metrics',
      '@opentelemetry/sdk-trace-base',
    ],
    nodeModules: true,
    toolVendors: ['zod', 'standardwebhooks'],
  },
  // What users install: a program and everything an embedder needs. The console comes with it as files.
  causeway: {
    packages: ['protocol', 'sfu', 'gateway'],
    vendors: [],
    nodeModules: true,
    servedPackages: ['@causeway/dashboard'],
  },
  dashboard: {
    packages: ['protocol', 'client'],
    vendors: [
      'react',
      'react-dom',
      'react-aria-components',
      '@tanstack/react-query',
      '@tanstack/react-router',
      'uplot',
      'uqr',
      '@simplewebauthn/browser',
    ],
    nodeModules: false,
    toolVendors: ['vite', '@vitejs/plugin-react'],
    isBundled: true,
  },
  loadtest: { packages: ['client', 'wire', 'media', 'secure'], vendors: [], nodeModules: true },
  // Its tools capture the session descriptions of real browsers.
  testkit: {
    packages: ['client', 'wire', 'media', 'sfu'],
    vendors: [],
    nodeModules: true,
    toolVendors: ['playwright-core', 'puppeteer-core'],
  },
  // Real processes, ports and servers, which are started, asked, killed and ended.
  lab: { packages: [], vendors: [], nodeModules: true },
  // The bench measures a naive SFU made of werift's own peer connections beside ours.
  bench: {
    packages: ['protocol', 'wire', 'media', 'secure', 'accounts', 'sfu', 'cluster', 'gateway', 'loadtest', 'testkit', 'lab'],
    vendors: ['werift'],
    nodeModules: true,
  },
  e2e: { packages: ['protocol', 'client', 'lab'], vendors: ['playwright-core', 'puppeteer-core'], nodeModules: true },
  // werift's peer connection is one of the foreign clients there.
  interop: { packages: ['protocol', 'client', 'e2e', 'lab'], vendors: ['werift'], nodeModules: true },
  // Clusters of real processes, and what goes wrong with them: its clients are those of the load generator and of e2e.
  faults: {
    packages: ['protocol', 'client', 'wire', 'media', 'secure', 'loadtest', 'testkit', 'lab', 'bench', 'e2e', 'interop'],
    vendors: [],
    nodeModules: true,
    toolVendors: ['yaml'],
    // Draws what happened in a call, in a page.
    servedPackages: ['uplot'],
  },
};

/** What an example may use: what a user of the published packages would. */
export const EXAMPLE_RULE: PackageRule = {
  packages: ['gateway', 'sfu', 'protocol', 'client'],
  // `causeway` is ours, and has no scope because users type its name.
  vendors: ['causeway', 'express'],
  peers: ['werift'],
  nodeModules: true,
};

/** Packages of the project that every test may import in addition: one for virtual time, one for real processes. */
export const TEST_PACKAGES: readonly string[] = ['testkit', 'lab'];

/** What the tests of every package may import from npm in addition to what their package may. */
export const TEST_VENDORS: readonly string[] = ['fast-check', '@jest/globals'];

export const PACKAGE_SCOPE = '@causeway/';
