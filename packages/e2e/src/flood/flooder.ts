import { networkInterfaces } from 'node:os';
import { AskedChild } from '@causeway/lab';

export interface Flood {
  readonly kind: 'hellos' | 'noise';
  readonly perSecond: number;
}

export interface FloodReport {
  readonly sent: number;
  readonly answered: number;
}

/** The requests to the process of a flooder. */
export interface FlooderVerbs {
  start(flood: Flood & { readonly port: number; readonly addresses: readonly string[] }): Promise<void>;
  report(): FloodReport;
}

/** Floods a UDP port from every local IPv4 address in turn, including those of the browsers. */
export class Flooder {
  readonly #asked = new AskedChild<FlooderVerbs>({ name: 'flooder', program: new URL('./flooder-main.ts', import.meta.url) });
  readonly #started: Promise<void>;

  constructor(flood: Flood, port: number) {
    const interfaces = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
    const addresses = interfaces.filter(({ family }) => family === 'IPv4').map(({ address }) => address);
    this.#started = this.#asked.ask('start', { ...flood, port, addresses });
  }

  async stop(): Promise<FloodReport> {
    await this.#started;
    const report = await this.#asked.ask('report');
    await this.#asked.child.kill();
    return report;
  }
}
