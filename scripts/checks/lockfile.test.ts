import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { completeLockfile, type Lockfile, listMissing } from '../lockfile/complete.ts';
import { copyHashes, listUnhashed } from '../lockfile/integrity.ts';
import { PROJECT_ROOT } from './run-node.ts';

describe('completing a lock file', () => {
  const LOCKFILE: Lockfile = {
    packages: {
      '': {},
      'node_modules/tool': {
        version: '2.0.0',
        dev: true,
        license: 'MIT',
        optionalDependencies: { '@tool/cli-linux-x64': '2.0.0', '@tool/cli-win32-x64': '2.0.0', '@tool/cli-linux-arm64-musl': '2.0.0' },
      },
      'node_modules/@tool/cli-linux-x64': { version: '2.0.0', dev: true, optional: true, os: ['linux'], cpu: ['x64'] },
    },
  };

  it('adds what a tool needs on other platforms, and nothing else', () => {
    const { packages } = completeLockfile(LOCKFILE);

    expect(packages).toEqual({
      ...LOCKFILE.packages,
      'node_modules/@tool/cli-win32-x64': { version: '2.0.0', dev: true, license: 'MIT', optional: true, os: ['win32'], cpu: ['x64'] },
      'node_modules/@tool/cli-linux-arm64-musl': {
        version: '2.0.0',
        dev: true,
        license: 'MIT',
        optional: true,
        os: ['linux'],
        cpu: ['arm64'],
        libc: ['musl'],
      },
    });
    expect(listMissing({ packages })).toEqual([]);
  });

  it('finds a package beside its dependent as well as above it', () => {
    const nested: Lockfile = {
      packages: {
        'packages/a/node_modules/tool': { optionalDependencies: { 'native-linux-x64': '1.0.0', 'native-darwin-x64': '1.0.0' } },
        'packages/a/node_modules/native-linux-x64': { version: '1.0.0' },
        'node_modules/native-darwin-x64': { version: '1.0.0' },
      },
    };

    expect(listMissing(nested)).toEqual([]);
  });

  it('does not guess a version', () => {
    const ranged: Lockfile = { packages: { 'node_modules/tool': { optionalDependencies: { 'native-win32-x64': '^1.0.0' } } } };

    expect(() => completeLockfile(ranged)).toThrow('no version to lock');
  });
});

describe('adding hashes to a lock file', () => {
  const LOCKFILE: Lockfile = {
    packages: {
      '': { version: '1.0.0' },
      'packages/own': { version: '1.0.0' },
      'node_modules/own': { link: true },
      'node_modules/hashed': { version: '1.0.0', integrity: 'sha512-hashed' },
      'node_modules/tool': { version: '2.0.0', optional: true },
      'node_modules/other/node_modules/tool': { version: '3.0.0' },
    },
  };

  it('finds packages of the registry that have none, and none of the project', () => {
    expect([...listUnhashed(LOCKFILE).keys()]).toEqual(['tool']);
  });

  it('takes the hash of the same version only, and leaves the ones there are', () => {
    const source: Lockfile = {
      packages: {
        'node_modules/tool': { version: '2.0.0', integrity: 'sha512-tool-2' },
        'node_modules/hashed': { version: '1.0.0', integrity: 'sha512-of-somebody-else' },
      },
    };

    const { packages } = copyHashes(LOCKFILE, source);

    expect(packages).toEqual({
      ...LOCKFILE.packages,
      'node_modules/tool': { version: '2.0.0', integrity: 'sha512-tool-2', optional: true },
    });
    expect([...listUnhashed({ packages })]).toEqual([['tool', '3.0.0']]);
  });
});

describe('package-lock.json', () => {
  it('has a SHA-512 hash of every package that comes from a registry (if not: node scripts/complete-lockfile.ts)', () => {
    const lockfile: Lockfile = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package-lock.json'), 'utf8'));
    const weak = Object.entries(lockfile.packages).filter(
      ([, { integrity }]) => integrity !== undefined && !integrity.startsWith('sha512-'),
    );

    expect([...listUnhashed(lockfile).keys()]).toEqual([]);
    expect(weak).toEqual([]);
  });

  it('names the native parts of every tool for every platform (if not: node scripts/complete-lockfile.ts)', () => {
    const lockfile: Lockfile = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package-lock.json'), 'utf8'));

    expect(listMissing(lockfile)).toEqual([]);
  });
});
