/** What a node is made of, and that the tools which say so and pin it do what they say. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT_ROOT } from './run-node.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

function readText(...path: string[]): string {
  return readFileSync(join(...path), 'utf8');
}

describe('scripts/sbom', () => {
  interface Component {
    readonly name: string;
    readonly purl: string;
    readonly hashes?: readonly { readonly alg: string }[];
    readonly licenses?: readonly unknown[];
  }

  it('lists every package of a node with license and hash, and no tools', () => {
    const { status, stdout } = spawnSync(join(PROJECT_ROOT, 'scripts/sbom'), { encoding: 'utf8' });
    const { bomFormat, components }: { readonly bomFormat: string; readonly components: readonly Component[] } = JSON.parse(stdout);
    const foreign = components.filter(({ purl }) => !purl.startsWith('pkg:npm/%40causeway/'));
    const names = foreign.map(({ name }) => name);

    expect([status, bomFormat]).toEqual([0, 'CycloneDX']);
    expect(names).toEqual(expect.arrayContaining(['express', 'ioredis', 'winston', 'geoip-lite']));
    expect(names.filter((name) => ['jest', 'typescript', 'vite', 'assemblyscript', 'werift', 'yaml'].includes(name))).toEqual([]);
    expect(foreign.filter(({ hashes }) => !hashes?.some(({ alg }) => alg === 'SHA-512'))).toEqual([]);
    expect(foreign.filter(({ licenses = [] }) => licenses.length === 0).map(({ purl }) => purl)).toEqual([]);
  });

  it('knows two formats and no third', () => {
    const { status, stderr } = spawnSync(join(PROJECT_ROOT, 'scripts/sbom'), ['csv'], { encoding: 'utf8' });

    expect(status).toBe(2);
    expect(stderr).toContain('scripts/sbom spdx');
  });
});

describe('container images', () => {
  it('are named in one place each, with the Node that package.json names', () => {
    const { devDependencies }: { readonly devDependencies: Readonly<Record<string, string>> } = JSON.parse(
      readText(PROJECT_ROOT, 'package.json'),
    );
    const dockerfile = readText(PROJECT_ROOT, 'infra/docker/Dockerfile');
    const stages = dockerfile.match(/^FROM .*/gm) ?? [];

    expect(dockerfile).toMatch(
      new RegExp(`^ARG NODE_IMAGE=node:${devDependencies.node?.replaceAll('.', '\\.')}-slim(@sha256:[0-9a-f]{64})?$`, 'm'),
    );
    expect(stages.length).toBeGreaterThan(0);
    expect(stages.filter((stage) => !/^FROM \$\{NODE_IMAGE\}( AS \w+)?$/.test(stage))).toEqual([]);
  });

  describe('with scripts/pin-images', () => {
    let folder: string;

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'pin-images-'));
      mkdirSync(join(folder, 'scripts'));
      cpSync(join(PROJECT_ROOT, 'scripts/pin-images'), join(folder, 'scripts/pin-images'));
      cpSync(join(PROJECT_ROOT, 'infra'), join(folder, 'infra'), { recursive: true });
    });

    afterEach(() => rmSync(folder, { recursive: true }));

    /** Runs the script with a registry that tells this of each image. */
    function pin(told: string) {
      writeFileSync(join(folder, 'docker'), `#!/bin/sh\necho "$*" >> "${folder}/asked"\necho "${told}"\n`, { mode: 0o755 });
      return spawnSync(join(folder, 'scripts/pin-images'), { encoding: 'utf8', env: { PATH: `${folder}:${process.env.PATH}` } });
    }

    it('get the digest that the registry tells, also if they had another before', () => {
      pin(DIGEST.replace('0123', '4567'));
      const { status } = pin(DIGEST);

      expect(status).toBe(0);
      expect(readText(folder, 'infra/docker/Dockerfile')).toMatch(new RegExp(`^ARG NODE_IMAGE=node:[\\w.-]+@${DIGEST}$`, 'm'));
      expect(readText(folder, 'infra/compose.yml')).toMatch(new RegExp(`^    image: redis:[\\w.-]+@${DIGEST}$`, 'm'));
      expect(readText(folder, 'infra/compose.yml')).toMatch(/^ {2}image: causeway$/m);
      expect(readText(folder, 'asked')).not.toContain('@');
    });

    it('stay as they are if the registry tells no digest', () => {
      const { status, stderr } = pin('latest');

      expect(status).not.toBe(0);
      expect(stderr).toContain('the registry told no digest but "latest"');
      expect(readText(folder, 'infra/docker/Dockerfile')).toBe(readText(PROJECT_ROOT, 'infra/docker/Dockerfile'));
    });
  });
});

describe('whatever starts a node', () => {
  it.each(['scripts/start', 'infra/systemd/causeway.service', 'infra/docker/Dockerfile'])('%s gives V8 one helper thread', (path) => {
    const commands = readText(PROJECT_ROOT, path)
      .split('\n')
      .filter((line) => /packages\/gateway\/(?:src|dist)\/main\.[jt]s/.test(line));

    expect(commands).toHaveLength(1);
    expect(commands[0]).toContain('--v8-pool-size=1');
  });
});

describe('infra/systemd/causeway.service', () => {
  it('bounds memory and threads, and gives no rights', () => {
    const unit = readText(PROJECT_ROOT, 'infra/systemd/causeway.service');

    for (const line of ['MemoryMax=75%', 'TasksMax=512', 'NoNewPrivileges=yes', 'CapabilityBoundingSet=', 'ProtectSystem=strict']) {
      expect(unit.split('\n')).toContain(line);
    }
  });
});
