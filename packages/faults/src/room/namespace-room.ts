/**
 * Two network namespaces with a cable between them, for a node and its clients. Nothing in them reaches the rest of the machine. This works
 * only on Linux, as root.
 *
 * @see ip-netns(8), veth(4), tc-tbf(8), nft(8)
 */
import { execFile, execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An end of the cable. */
export type Side = 'node' | 'clients';

export interface Shape {
  readonly rateBps: number;
  /** How much may wait for the link. What exceeds it is dropped without telling the sender. */
  readonly queueBytes: number;
}

export const NODE_ADDRESSES = { ipv4: '10.77.0.1', ipv6: 'fd77::1' } as const;
const CLIENT_ADDRESSES = { ipv4: '10.77.0.2', ipv6: 'fd77::2' } as const;
const PREFIX = 'cwfaults';
/** The interface in each namespace. */
const INTERFACE = 'edge0';
const AVAILABLE_CONGESTION_CONTROLS = '/proc/sys/net/ipv4/tcp_available_congestion_control';
const NAMESPACES_FOLDER = '/run/netns';
const TABLE = 'edge';
/** What the link sends at once after a pause, about as much as a network card takes from its queue. */
const BURST_BYTES = 32_768;
const SIDES: readonly Side[] = ['node', 'clients'];
/** With these settings, forged packets arrive however implausible their source is, and IPv6 addresses survive a cut cable. */
const SETTINGS = [
  'net.ipv4.conf.all.rp_filter=0',
  'net.ipv4.conf.default.rp_filter=0',
  'net.ipv6.conf.all.disable_ipv6=0',
  'net.ipv6.conf.default.accept_dad=0',
  'net.ipv6.conf.all.keep_addr_on_down=1',
];

export class NamespaceRoom {
  readonly #names: Readonly<Record<Side, string>>;
  readonly #removeAtExit = (): void => removeNamespaces(Object.values(this.#names));

  private constructor(number: number) {
    this.#names = { node: `${PREFIX}-${process.pid}-${number}-node`, clients: `${PREFIX}-${process.pid}-${number}-clients` };
  }

  static #opened = 0;

  /** @throws Error – this machine does not permit it; the message says what would be needed */
  static async open(): Promise<NamespaceRoom> {
    removeForgottenNamespaces();
    const room = new NamespaceRoom(++NamespaceRoom.#opened);
    process.once('exit', room.#removeAtExit);
    try {
      await room.#build();
      return room;
    } catch (error) {
      room.close();
      throw new Error(
        `This scenario needs network namespaces, so it must run as root on Linux with iproute2 and nftables, and in a container with --cap-add=NET_ADMIN --cap-add=SYS_ADMIN: ${(error as Error).message}`,
      );
    }
  }

  /** Returns the command that runs another one in a namespace. */
  command(side: Side, command: readonly string[]): readonly [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.#names[side], ...command];
  }

  /** The name that `tcpdump` knows the interface by, on both sides. */
  get interfaceName(): string {
    return INTERFACE;
  }

  /** Returns the hardware address that everything from this side comes from. */
  async hardwareAddress(side: Side): Promise<string> {
    const { stdout } = await run('ip', ['-n', this.#names[side], '-json', 'link', 'show', INTERFACE]);
    const [link] = JSON.parse(stdout) as readonly { readonly address: string }[];
    if (link === undefined) throw new Error(`The interface ${INTERFACE} is gone`);
    return link.address;
  }

  /** Limits the rate of what the node sends. */
  async shapeUplink({ rateBps, queueBytes }: Shape): Promise<void> {
    const filter = ['tbf', 'rate', String(rateBps), 'burst', String(BURST_BYTES), 'limit', String(queueBytes)];
    await run('tc', ['-n', this.#names.node, 'qdisc', 'replace', 'dev', INTERFACE, 'root', ...filter]);
  }

  async unshapeUplink(): Promise<void> {
    await run('tc', ['-n', this.#names.node, 'qdisc', 'delete', 'dev', INTERFACE, 'root']);
  }

  /** @param rule as nft takes it, for packets that enter or leave this side */
  async filter(side: Side, hook: 'input' | 'output', rule: string): Promise<void> {
    const script = [
      `add table inet ${TABLE}`,
      `add chain inet ${TABLE} ${hook} { type filter hook ${hook} priority 0 ; }`,
      `add rule inet ${TABLE} ${hook} ${rule}`,
    ];
    for (const line of script) await this.#inside(side, ['nft', ...line.split(' ')]);
  }

  /** Returns how many packets each rule with a counter has applied to, in the order of the rules. */
  async filtered(side: Side, hook: 'input' | 'output'): Promise<readonly number[]> {
    const { stdout } = await this.#inside(side, ['nft', 'list', 'chain', 'inet', TABLE, hook]);
    return [...stdout.matchAll(/counter packets (\d+)/g)].map(([, packets]) => Number(packets));
  }

  async unfilter(side: Side): Promise<void> {
    await this.#inside(side, ['nft', 'delete', 'table', 'inet', TABLE]);
  }

  /**
   * Chooses what new TCP connections from this side to the other obey. It goes by route, because some kernels do not permit changing
   * the default of a namespace.
   *
   * @param name of a congestion control of the kernel: `cubic`, `bbr`
   * @throws Error – this kernel does not have it; the message lists those it has
   * @see ip-route(8)
   */
  async setCongestionControl(side: Side, name: string): Promise<void> {
    const { stdout } = await this.#inside(side, ['cat', AVAILABLE_CONGESTION_CONTROLS]);
    if (!stdout.trim().split(' ').includes(name)) {
      throw new Error(`This kernel has no TCP congestion control "${name}", but only: ${stdout.trim()}. The module is called tcp_${name}`);
    }
    const { ipv4 } = side === 'node' ? CLIENT_ADDRESSES : NODE_ADDRESSES;
    await run('ip', ['-n', this.#names[side], 'route', 'replace', `${ipv4}/32`, 'dev', INTERFACE, 'congctl', name]);
  }

  /** Unplugs the cable from the node, or plugs it in again. */
  async setLink(state: 'up' | 'down'): Promise<void> {
    await run('ip', ['-n', this.#names.node, 'link', 'set', INTERFACE, state]);
    if (state === 'up') await this.#route('node', CLIENT_ADDRESSES);
  }

  async setMtu(bytes: number): Promise<void> {
    for (const side of SIDES) await run('ip', ['-n', this.#names[side], 'link', 'set', INTERFACE, 'mtu', String(bytes)]);
  }

  /** Returns the UDP counters of a side by their names in `/proc/net/snmp`, such as `RcvbufErrors`. */
  async udpCounters(side: Side): Promise<ReadonlyMap<string, number>> {
    const { stdout } = await this.#inside(side, ['cat', '/proc/net/snmp']);
    const [names = [], values = []] = stdout
      .split('\n')
      .filter((line) => line.startsWith('Udp: '))
      .map((line) => line.split(' ').slice(1));
    return new Map(names.map((name, index) => [name, Number(values[index])]));
  }

  /** Removes everything, and ends what still runs inside. */
  close(): void {
    process.off('exit', this.#removeAtExit);
    this.#removeAtExit();
  }

  async #build(): Promise<void> {
    const { node, clients } = this.#names;
    for (const name of [node, clients]) await run('ip', ['netns', 'add', name]);
    for (const side of SIDES) await this.#inside(side, ['sysctl', '-q', '-w', ...SETTINGS]);
    await run('ip', ['-n', node, 'link', 'add', INTERFACE, 'type', 'veth', 'peer', 'name', INTERFACE, 'netns', clients]);
    for (const side of SIDES) {
      const { ipv4, ipv6 } = side === 'node' ? NODE_ADDRESSES : CLIENT_ADDRESSES;
      await run('ip', ['-n', this.#names[side], 'address', 'add', `${ipv4}/24`, 'dev', INTERFACE]);
      await run('ip', ['-n', this.#names[side], 'address', 'add', `${ipv6}/64`, 'dev', INTERFACE, 'nodad']);
      for (const name of ['lo', INTERFACE]) await run('ip', ['-n', this.#names[side], 'link', 'set', name, 'up']);
    }
    await this.#route('node', CLIENT_ADDRESSES);
    await this.#route('clients', NODE_ADDRESSES);
  }

  /** Everything is routed to the other side, so that packets to a forged source are seen on the wire. */
  async #route(side: Side, { ipv4, ipv6 }: { readonly ipv4: string; readonly ipv6: string }): Promise<void> {
    await run('ip', ['-n', this.#names[side], 'route', 'replace', 'default', 'via', ipv4]);
    await run('ip', ['-n', this.#names[side], '-6', 'route', 'replace', 'default', 'via', ipv6]);
  }

  #inside(side: Side, command: readonly string[]): Promise<{ readonly stdout: string }> {
    const [program, ...rest] = this.command(side, command);
    return run(program, rest);
  }
}

/** A run that was killed leaves its namespaces behind, whose names tell the process. */
function removeForgottenNamespaces(): void {
  removeNamespaces(namespaceNames().filter((name) => name.startsWith(`${PREFIX}-`) && !isRunning(Number(name.split('-')[1]))));
}

function namespaceNames(): readonly string[] {
  try {
    return readdirSync(NAMESPACES_FOLDER);
  } catch {
    return [];
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Synchronous, because a process that ends waits for nothing. Whatever still runs in them is killed, because removing a namespace only
 * removes its name.
 */
function removeNamespaces(names: readonly string[]): void {
  for (const name of names) {
    try {
      for (const pid of execFileSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).split('\n')) {
        if (pid !== '') process.kill(Number(pid), 'SIGKILL');
      }
      execFileSync('ip', ['netns', 'delete', name], { stdio: 'ignore' });
    } catch {
      // The namespace was never created, or is gone.
    }
  }
}
