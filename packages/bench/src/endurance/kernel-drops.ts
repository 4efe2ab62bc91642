/**
 * Counts the datagrams that the kernel dropped because a socket's buffer was full. A process that waits for a core loses packets that way,
 * and their sender is not to blame. The counts are exact only in a network namespace that nothing else uses.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface KernelDropCounts {
  /** Drops at sockets bound to the node's UDP port, which the node could not take in. */
  readonly atNode: number;
  /** Drops at the sockets of the clients: those of one process, or all others. */
  readonly atClients: number;
}

const LOOK_EVERY_MS = 250;

export class KernelDrops {
  readonly #port: string;
  readonly #clients: number | undefined;
  readonly #totalBefore = readTotal();
  /** Drops by inode when this object was created. */
  readonly #before: ReadonlyMap<string, number>;
  /** Drops by inode. Sockets that have been closed keep the last count. */
  readonly #atNode = new Map<string, number>();
  readonly #atClients = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  /**
   * @param clients process whose sockets are the clients', so that drops at other sockets, such as attackers', excuse nothing. Without it,
   *   every socket that is not the node's is a client's
   */
  constructor(nodePort: number, clients?: number) {
    this.#port = nodePort.toString(16).toUpperCase().padStart(4, '0');
    this.#clients = clients;
    this.#before = new Map(readSocketRows().map(({ inode, drops }) => [inode, drops]));
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** @returns what was dropped since this object was created */
  stop(): KernelDropCounts {
    clearInterval(this.#timer);
    this.#look();
    const atNode = this.#rise(this.#atNode);
    return { atNode, atClients: this.#clients === undefined ? readTotal() - this.#totalBefore - atNode : this.#rise(this.#atClients) };
  }

  #look(): void {
    const clients = this.#clients === undefined ? undefined : readSocketsOf(this.#clients);
    for (const { local, inode, drops } of readSocketRows()) {
      if (local.endsWith(`:${this.#port}`)) this.#atNode.set(inode, drops);
      else if (clients?.has(inode)) this.#atClients.set(inode, drops);
    }
  }

  #rise(drops: ReadonlyMap<string, number>): number {
    return [...drops].reduce((sum, [inode, count]) => sum + count - (this.#before.get(inode) ?? 0), 0);
  }
}

interface SocketRow {
  /** Address and port in hexadecimal. */
  readonly local: string;
  readonly inode: string;
  readonly drops: number;
}

/** Reads all UDP sockets of the namespace. */
function readSocketRows(): SocketRow[] {
  const rows = ['udp', 'udp6'].flatMap(readLines).filter((line) => line.includes(':'));
  return rows.map((line) => {
    const columns = line.trim().split(/\s+/);
    return { local: columns[1] ?? '', inode: columns[9] ?? '', drops: Number(columns[12] ?? 0) };
  });
}

/** Returns the inodes of the sockets of one process. */
function readSocketsOf(pid: number): Set<string> {
  const folder = `/proc/${pid}/fd`;
  return new Set(readdirSync(folder).flatMap((fd) => readSocket(`${folder}/${fd}`)));
}

function readSocket(link: string): string[] {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.slice(1) ?? [];
  } catch {
    // The file was closed since the folder was read.
    return [];
  }
}

/** Returns the drops at all UDP sockets of the namespace, over both versions of IP. */
function readTotal(): number {
  const [names = [], values = []] = readLines('snmp').flatMap((line) => (line.startsWith('Udp:') ? [line.trim().split(/\s+/)] : []));
  const [, six = '0'] = /^Udp6RcvbufErrors\s+(\d+)$/m.exec(readLines('snmp6').join('\n')) ?? [];
  return Number(values[names.indexOf('RcvbufErrors')] ?? 0) + Number(six);
}

function readLines(table: string): string[] {
  return readFileSync(`/proc/self/net/${table}`, 'utf8').split('\n');
}
