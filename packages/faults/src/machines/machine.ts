/**
 * A machine such as an operator rents, with Debian, its own network and a systemd that runs its services.
 *
 * @see systemd-nspawn(1), nsenter(1)
 */

import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Child, waitUntil } from '@causeway/lab';

const run = promisify(execFile);
const BOOT_DEADLINE_MS = 60_000;
const COMMAND_DEADLINE_MS = 600_000;
const MAX_SHOWN_CHARACTERS = 4000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
/** Where the machine finds the project, as if it were a repository on the internet. */
export const REPOSITORY = '/srv/causeway.git';
/** The CAs of this machine, which may vouch for a proxy to the registries. */
const REGISTRY_CAS = '/run/registry-cas.crt';
const OWN_CAS = '/etc/ssl/certs/ca-certificates.crt';
/** Packages of Debian and npm, shared so that three machines do not fetch the same three times. */
const CACHES = ['/var/cache/apt/archives', '/var/cache/npm'];
const CACHE_FOLDER = '/var/cache/causeway/machines';
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
};
const FETCHING = {
  NODE_EXTRA_CA_CERTS: REGISTRY_CAS,
  npm_config_cafile: REGISTRY_CAS,
  npm_config_cache: '/var/cache/npm',
};
/** Commands that fetch from Debian and npm. These networks do not reach those, so such commands run with this machine's network. */
const FETCHES = /\bapt-get\b|\bgit clone\b|\/scripts\/install\b/;

export interface MachineOptions {
  readonly name: string;
  /** Folders below its disk, the uppermost first: that of `debianRoot`, and disks of earlier machines. */
  readonly below: readonly string[];
  /** The name of its network namespace. */
  readonly namespace: string;
  /** The content of `/etc/hosts`. */
  readonly hosts: string;
  /** The folder that the machine may clone. */
  readonly repository: string;
}

export class Machine {
  readonly name: string;
  readonly #folder: string;
  readonly #removeAtExit = (): void => this.#remove();
  readonly #child: Child;
  /** The process id of its systemd as seen from here. */
  #leader = 0;

  private constructor({ name, below, namespace, hosts, repository }: MachineOptions) {
    this.name = name;
    this.#folder = mkdtempSync(join(tmpdir(), `causeway-${name}-`));
    for (const folder of ['upper', 'work', 'root', ...CACHES]) {
      mkdirSync(folder.startsWith('/') ? CACHE_FOLDER + folder : join(this.#folder, folder), { recursive: true });
    }
    const layers = `lowerdir=${below.join(':')},upperdir=${this.diskFolder},workdir=${join(this.#folder, 'work')}`;
    execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', layers, this.rootFolder]);
    process.once('exit', this.#removeAtExit);
    this.write('/etc/hosts', `127.0.1.1 ${name}\n${hosts}`);
    this.write('/etc/hostname', `${name}\n`);
    this.write('/etc/resolv.conf', readFileSync('/etc/resolv.conf', 'utf8'));
    // Fetched packages stay in the shared folder.
    this.write(
      '/etc/apt/apt.conf.d/99keep',
      'Binary::apt-get::APT::Keep-Downloaded-Packages "true";\nAPT::Keep-Downloaded-Packages "true";\n',
    );
    // The disk is thrown away afterwards, so nothing has to be written to it before the next command.
    this.write('/etc/dpkg/dpkg.cfg.d/unsafe', 'force-unsafe-io\n');
    const caches = CACHES.map((folder) => `--bind=${CACHE_FOLDER}${folder}:${folder}`);
    const binds = [`--bind-ro=${repository}:${REPOSITORY}`, ...caches];
    if (existsSync(OWN_CAS)) binds.push(`--bind-ro=${OWN_CAS}:${REGISTRY_CAS}`);
    const own = [`--machine=${name}`, `--directory=${this.rootFolder}`, `--network-namespace-path=/run/netns/${namespace}`, ...binds];
    const quiet = ['--quiet', '--register=no', '--keep-unit', '--resolv-conf=off', '--timezone=off', '--console=pipe', '--boot'];
    this.#child = new Child({ name, command: ['systemd-nspawn', ...quiet, ...own], environment: process.env, folder: '/' });
  }

  /** @throws Error – it does not boot; the message contains its output */
  static async boot(options: MachineOptions): Promise<Machine> {
    const machine = new Machine(options);
    try {
      await machine.#isUp();
      return machine;
    } catch (error) {
      await machine.stop();
      throw new Error(`${(error as Error).message}\n${machine.#child.log}`);
    }
  }

  /** The folder with everything that it has written, which may lie below another machine's disk. */
  get diskFolder(): string {
    return join(this.#folder, 'upper');
  }

  /** Its root directory as seen from here. */
  get rootFolder(): string {
    return join(this.#folder, 'root');
  }

  /** Writes a file as an editor on the machine would. */
  write(path: string, text: string): void {
    mkdirSync(dirname(this.rootFolder + path), { recursive: true });
    writeFileSync(this.rootFolder + path, text);
  }

  read(path: string): string {
    return readFileSync(this.rootFolder + path, 'utf8');
  }

  /**
   * Runs commands in one root shell, which ends at the first that fails.
   *
   * @returns their output
   * @throws Error – one failed; the message contains its output
   */
  async run(commands: string): Promise<string> {
    const isFetching = FETCHES.test(commands);
    const spaces = ['--mount', '--uts', '--ipc', '--pid', ...(isFetching ? [] : ['--net'])];
    const variables = Object.entries({ ...ENVIRONMENT, ...(isFetching ? FETCHING : {}) }).map(([name, value]) => `${name}=${value}`);
    const shell = ['env', '-i', ...variables, 'bash', '--norc', '-euo', 'pipefail', '-c', `cd /root\n${commands}`];
    const options = { timeout: COMMAND_DEADLINE_MS, maxBuffer: MAX_OUTPUT_BYTES };
    const { stdout } = await run('nsenter', [`--target=${this.#leader}`, ...spaces, '--', ...shell], options).catch(
      (error: Error & { readonly stdout?: string; readonly stderr?: string }) => {
        const output = `${error.stdout ?? ''}${error.stderr ?? ''}`.slice(-MAX_SHOWN_CHARACTERS);
        throw new Error(`on ${this.name} these commands failed:\n${commands}\n${output}`);
      },
    );
    return stdout.trim();
  }

  /** Ends the machine as its power button would. Its disk remains. */
  async shutDown(): Promise<void> {
    if (!this.#child.hasEnded) await this.#child.stop();
    spawnSync('umount', ['--lazy', this.rootFolder]);
  }

  async stop(): Promise<void> {
    await this.shutDown();
    process.off('exit', this.#removeAtExit);
    this.#remove();
  }

  async #isUp(): Promise<void> {
    const state = async (): Promise<string> => {
      if (this.#child.hasEnded) throw new Error(`the machine ${this.name} ended at once`);
      this.#leader = Number(readFileSync(`/proc/${this.#child.pid}/task/${this.#child.pid}/children`, 'utf8').trim().split(' ').at(-1));
      return this.#leader === 0 ? 'not there' : this.run('systemctl is-system-running || true').catch(() => 'not yet');
    };
    await waitUntil(`${this.name} has booted`, state, (value) => value === 'running' || value === 'degraded', BOOT_DEADLINE_MS);
  }

  #remove(): void {
    if (!this.#child.hasEnded) this.#child.process.kill('SIGKILL');
    spawnSync('umount', ['--lazy', this.rootFolder]);
    // Its processes may still be ending, so something may remain. That must not keep the others from being removed.
    spawnSync('rm', ['-rf', '--one-file-system', this.#folder]);
  }
}
