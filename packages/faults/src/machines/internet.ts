/**
 * An internet of network namespaces on one bridge. Every machine has a namespace with the addresses that the guide gives it, which neither
 * reaches the rest of this machine nor is reached from there.
 *
 * @see ip-netns(8), bridge(8), nft(8)
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PREFIX = 'cwthree';
const BRIDGE = 'internet';
const INTERFACE = 'eth0';

/** A line of the guide's table of ports. */
export interface OpenPort {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  /** The clients that may use the port. An empty list stands for everyone. */
  readonly from: readonly string[];
}

export class Internet {
  readonly #bridge = `${PREFIX}-${process.pid}`;
  readonly #hosts: Readonly<Record<string, string>>;
  readonly #namespaces: string[] = [];
  readonly #closeAtExit = (): void => this.close();

  /** @param hosts every name with its address */
  private constructor(hosts: Readonly<Record<string, string>>) {
    this.#hosts = hosts;
  }

  static async open(hosts: Readonly<Record<string, string>>): Promise<Internet> {
    const internet = new Internet(hosts);
    process.once('exit', internet.#closeAtExit);
    await internet.#addNamespace(internet.#bridge);
    await run('ip', ['-n', internet.#bridge, 'link', 'add', BRIDGE, 'type', 'bridge']);
    await run('ip', ['-n', internet.#bridge, 'link', 'set', BRIDGE, 'up']);
    return internet;
  }

  /** The content of `/etc/hosts` on all machines. */
  get hostsFile(): string {
    return ['127.0.0.1 localhost', ...Object.entries(this.#hosts).map(([name, address]) => `${address} ${name}`), ''].join('\n');
  }

  /** Gives a machine a namespace. @returns the namespace's name */
  async connect(machine: string, addresses: readonly string[]): Promise<string> {
    const namespace = `${this.#bridge}-${machine}`;
    await this.#addNamespace(namespace);
    const port = `p-${machine}`;
    await run('ip', ['-n', namespace, 'link', 'add', INTERFACE, 'type', 'veth', 'peer', 'name', port, 'netns', this.#bridge]);
    await run('ip', ['-n', this.#bridge, 'link', 'set', port, 'master', BRIDGE, 'up']);
    for (const address of addresses) await run('ip', ['-n', namespace, 'address', 'add', `${address}/32`, 'dev', INTERFACE]);
    for (const name of ['lo', INTERFACE]) await run('ip', ['-n', namespace, 'link', 'set', name, 'up']);
    // All others are on the same bridge, whatever network their addresses belong to.
    await run('ip', ['-n', namespace, 'route', 'add', 'default', 'dev', INTERFACE, 'src', addresses[0] ?? '']);
    return namespace;
  }

  /** Refuses what arrives at other ports. It is refused rather than ignored, so that an attempt costs no time. */
  async closePorts(namespace: string, open: readonly OpenPort[]): Promise<void> {
    const rules = open.map(({ protocol, port, from }) => {
      const source = from.length === 0 ? '' : `ip saddr { ${from.join(', ')} } `;
      return `${source}${protocol} dport ${port} accept`;
    });
    const chain = ['type filter hook input priority 0; policy accept;', 'iif lo accept', 'ct state established,related accept', ...rules];
    const refusals = ['meta l4proto tcp reject with tcp reset', 'meta l4proto udp reject'];
    const script = `table inet firewall {\n chain input {\n  ${[...chain, ...refusals].join('\n  ')}\n }\n}\n`;
    const inside = run('ip', ['netns', 'exec', namespace, 'nft', '-f', '-']);
    inside.child.stdin?.end(script);
    await inside;
  }

  /** Synchronous, because a process that ends waits for nothing. */
  close(): void {
    process.off('exit', this.#closeAtExit);
    for (const namespace of this.#namespaces.splice(0)) {
      try {
        execFileSync('ip', ['netns', 'delete', namespace], { stdio: 'ignore' });
      } catch {
        // The namespace was never created.
      }
      rmSync(`/etc/netns/${namespace}`, { recursive: true, force: true });
    }
  }

  async #addNamespace(name: string): Promise<void> {
    this.#namespaces.push(name);
    await run('ip', ['netns', 'add', name]);
    // `ip netns exec` mounts these files over those of the machine.
    mkdirSync(`/etc/netns/${name}`, { recursive: true });
    writeFileSync(`/etc/netns/${name}/hosts`, this.hostsFile);
  }
}
