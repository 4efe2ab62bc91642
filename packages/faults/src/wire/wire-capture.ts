/** Captures everything but TCP that a node puts on the wire, in a file, with `tcpdump`. The kernel reports whether it lost any of it. */

import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child, PROJECT_ROOT, waitUntil } from '@causeway/lab';
import type { NamespaceRoom } from '../room/namespace-room.ts';
import { PcapReader } from './pcap.ts';
import { type UdpDatagram, UdpReader } from './udp-reader.ts';

/** The kernel keeps frames here until `tcpdump` has a core to run on. */
const BUFFER_KIBIBYTES = 131_072;
const START_DEADLINE_MS = 10_000;
/** The kernel hands frames over in blocks. After a second, it hands over a block that is not full. */
const HANDED_OVER_AFTER_MS = 1_500;
const PIECE_BYTES = 4 << 20;
const DROPPED = /(\d+) packets? dropped by (?:kernel|interface)/g;

export interface CaptureEnd {
  /** Frames that are missing in the file because they were not fetched in time. */
  readonly dropped: number;
  readonly fragments: number;
  /** Datagrams of which a fragment is missing. */
  readonly incomplete: number;
}

export class WireCapture {
  readonly #child: Child;
  readonly #folder: string;
  readonly #file: string;

  private constructor(child: Child, folder: string, file: string) {
    this.#child = child;
    this.#folder = folder;
    this.#file = file;
  }

  /** Captures at the clients' end of the cable, behind anything that narrows the node's. */
  static async start(room: NamespaceRoom): Promise<WireCapture> {
    const folder = await mkdtemp(join(tmpdir(), 'causeway-wire-'));
    const file = join(folder, 'wire.pcap');
    const where = ['-i', room.interfaceName, '-n', '-s', '0', '-B', String(BUFFER_KIBIBYTES), '-Z', 'root', '-w', file];
    const what = `ether src ${await room.hardwareAddress('node')} and not tcp`;
    const child = new Child({
      name: 'tcpdump',
      command: room.command('clients', ['tcpdump', ...where, what]),
      environment: process.env,
      folder: PROJECT_ROOT,
    });
    const capture = new WireCapture(child, folder, file);
    const isListening = (log: string): boolean => child.hasEnded || log.includes('listening on');
    await waitUntil('tcpdump listens', async () => child.log, isListening, START_DEADLINE_MS);
    if (!child.hasEnded) return capture;
    await capture.remove();
    throw new Error(`tcpdump ended at once:\n${child.log}`);
  }

  /** Ends the capture and passes on every datagram in the order of the wire. */
  async end(take: (datagram: UdpDatagram) => void): Promise<CaptureEnd> {
    await sleep(HANDED_OVER_AFTER_MS);
    this.#child.signal('SIGINT');
    await this.#child.ended;
    const [pcap, udp] = [new PcapReader(), new UdpReader()];
    for await (const piece of createReadStream(this.#file, { highWaterMark: PIECE_BYTES })) {
      for (const frame of pcap.read(piece)) {
        const datagram = udp.read(frame);
        if (datagram !== undefined) take(datagram);
      }
    }
    const dropped = [...this.#child.log.matchAll(DROPPED)].reduce((sum, [, count]) => sum + Number(count), 0);
    return { dropped, fragments: udp.fragments, incomplete: udp.incomplete };
  }

  async remove(): Promise<void> {
    if (!this.#child.hasEnded) await this.#child.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
