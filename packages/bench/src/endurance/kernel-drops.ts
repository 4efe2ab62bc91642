/**
 * Datagrams that the kernel threw away because a socket's buffer was full: a process that waits for a core loses packets that way, and
 * they are not lost by whoever sent them. Exact only in a network namespace that nobody else uses.
 */
import { readFileSync } from 'node:fs';

export interface KernelDropCounts {
  /** At sockets bound to the node's UDP port: what it could not take in. */
  readonly atNode: number;
  /** At all others, so at the clients'. */
  readonly atClients: number;
}

const LOOK_EVERY_MS = 250;

export class KernelDrops {
  readonly #port: string;
  readonly #totalBefore = readTotal();
  /** By inode; sockets that have been closed keep what was seen last. */
  readonly #atNode = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(nodePort: number) {
    this.#port = nodePort.toString(16).toUpperCase().padStart(4, '0');
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** @returns what was dropped since this was made */
  stop(): KernelDropCounts {
    clearInterval(this.#timer);
    this.#look();
    const atNode = [...this.#atNode.values()].reduce((sum, drops) => sum + drops, 0);
    return { atNode, atClients: readTotal() - this.#totalBefore - atNode };
  }

  #look(): void {
    for (const line of ['udp', 'udp6'].flatMap(readLines).filter((candidate) => candidate.includes(':'))) {
      const columns = line.trim().split(/\s+/);
      const [local = '', inode = '', drops = ''] = [columns[1], columns[9], columns[12]];
      if (local.endsWith(`:${this.#port}`)) this.#atNode.set(inode, Number(drops));
    }
  }
}

/** Of all UDP sockets of the namespace, over both versions of IP. */
function readTotal(): number {
  const [names = [], values = []] = readLines('snmp').flatMap((line) => (line.startsWith('Udp:') ? [line.trim().split(/\s+/)] : []));
  const [, six = '0'] = /^Udp6RcvbufErrors\s+(\d+)$/m.exec(readLines('snmp6').join('\n')) ?? [];
  return Number(values[names.indexOf('RcvbufErrors')] ?? 0) + Number(six);
}

function readLines(table: string): string[] {
  return readFileSync(`/proc/self/net/${table}`, 'utf8').split('\n');
}
