/** A CA that stands in for Let's Encrypt. Caddy finds it under that name, and every machine trusts it like the real one. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child, waitUntil } from '@causeway/lab';

/** Where Caddy asks for certificates by default. */
export const CA_NAME = 'acme-v02.api.letsencrypt.org';
const START_DEADLINE_MS = 20_000;

function caddyfile(storage: string): string {
  const global = `{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n\tstorage file_system ${storage}\n}\n`;
  const site = `https://${CA_NAME} {\n\ttls internal\n\trewrite /directory /acme/local/directory\n\tacme_server\n}\n`;
  return global + site;
}

export class PublicCa {
  readonly #folder: string;
  readonly #child: Child;
  readonly #killAtExit = (): void => void this.#child.process.kill('SIGKILL');

  private constructor(folder: string, child: Child) {
    this.#folder = folder;
    this.#child = child;
    process.once('exit', this.#killAtExit);
  }

  /** @param namespace the network namespace that it runs in */
  static async start(namespace: string): Promise<PublicCa> {
    const folder = mkdtempSync(join(tmpdir(), 'causeway-ca-'));
    const config = join(folder, 'Caddyfile');
    writeFileSync(config, caddyfile(folder));
    const command = ['ip', 'netns', 'exec', namespace, 'caddy', 'run', '--config', config, '--adapter', 'caddyfile'] as const;
    const ca = new PublicCa(folder, new Child({ name: 'ca', command, environment: { ...process.env, HOME: folder }, folder }));
    await waitUntil(
      'the CA has its certificate',
      () => ca.rootCertificate().catch(() => ca.#child.log.slice(-2000)),
      (text) => text.startsWith('-----BEGIN'),
      START_DEADLINE_MS,
    );
    return ca;
  }

  /** Returns the root certificate as PEM. */
  rootCertificate(): Promise<string> {
    return readFile(this.rootFile, 'utf8');
  }

  get rootFile(): string {
    return join(this.#folder, 'pki/authorities/local/root.crt');
  }

  /** Its output, which explains why a machine has no certificate. */
  get log(): string {
    return this.#child.log;
  }

  async stop(): Promise<void> {
    await this.#child.stop();
    process.off('exit', this.#killAtExit);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
