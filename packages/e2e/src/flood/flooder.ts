import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { resolve } from 'node:path';

export interface Flood {
  readonly kind: 'hellos' | 'noise';
  readonly perSecond: number;
}

export interface FloodReport {
  readonly sent: number;
  readonly answered: number;
}

/** Floods a UDP port from every local IPv4 address in turn, those of the browsers among them. */
export class Flooder {
  readonly #child: ChildProcess;

  constructor({ kind, perSecond }: Flood, port: number) {
    const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
    const ipv4 = addresses.filter(({ family }) => family === 'IPv4').map(({ address }) => address);
    this.#child = fork(resolve(import.meta.dirname, 'flooder-main.ts'), [kind, String(perSecond), String(port), ...ipv4]);
  }

  async stop(): Promise<FloodReport> {
    const reported = once(this.#child, 'message');
    this.#child.send('stop');
    const [report] = await reported;
    return report as FloodReport;
  }
}
