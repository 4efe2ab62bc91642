import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { completeLockfile, type Lockfile, listMissing } from '../lockfile/complete.ts';
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

describe('package-lock.json', () => {
  it('names the native parts of every tool for every platform (if not: node scripts/complete-lockfile.ts)', () => {
    const lockfile: Lockfile = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package-lock.json'), 'utf8'));

    expect(listMissing(lockfile)).toEqual([]);
  });
});
