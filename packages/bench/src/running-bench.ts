import { launchCauseway, OWN_CHECKOUT, PATIENCE } from './contestants/causeway-process.ts';
import type { Contestant, ContestantName, Load, SfuName } from './contestants/contestant.ts';
import { startFloor } from './contestants/floor-contestant.ts';
import { launchNaive } from './contestants/naive-process.ts';
import { createSfuContestant, type LoadProcesses, type RunningSfu } from './contestants/sfu-contestant.ts';
import type { LoadVerbs } from './load/load-verbs.ts';
import { BenchProcess } from './processes/bench-process.ts';
import type { ProbeVerbs } from './processes/probe-verbs.ts';

type Kept = Pick<BenchProcess<ProbeVerbs>, 'stop' | 'died' | 'name' | 'outputTail'>;

/** The processes of one measurement. `stop` ends all of them in any case. */
export class RunningBench {
  readonly #processes: Kept[] = [];
  readonly #death = Promise.withResolvers<never>();
  readonly #otherCheckout: string | undefined;
  readonly #measuredCores: number;
  readonly load: LoadProcesses;

  private constructor(otherCheckout: string | undefined, measuredCores: number) {
    this.#otherCheckout = otherCheckout;
    this.#measuredCores = measuredCores;
    this.load = { source: this.startLoad('load source'), crowd: this.startLoad('load crowd') };
  }

  /**
   * Runs a measurement with processes of its own.
   *
   * @param otherCheckout the checkout of the contestant `against`, if it is to be measured
   * @param measuredCores cores for what is measured
   * @throws Error – among other reasons, if one of the processes ends too early
   */
  static async with<Result>(measure: (bench: RunningBench) => Promise<Result>, otherCheckout?: string, measuredCores = 1): Promise<Result> {
    const bench = new RunningBench(otherCheckout, measuredCores);
    try {
      return await Promise.race([measure(bench), bench.#death.promise]);
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${bench.#lastWords()}`, { cause: error });
    } finally {
      await Promise.all(bench.#processes.map((process) => process.stop()));
    }
  }

  async startSfu(name: SfuName): Promise<RunningSfu> {
    const { process, address } = name === 'naive' ? launchNaive() : await launchCauseway(this.#checkoutOf(name), PATIENCE);
    this.#keep(process);
    return { name, process, address: await Promise.race([address, process.died]) };
  }

  /** Starts Causeway under a name and with options, given as environment variables. */
  async startNode<Name extends string>(name: Name, options: Readonly<Record<string, string>>): Promise<RunningSfu<Name>> {
    const { process, address } = await launchCauseway(OWN_CHECKOUT, { ...PATIENCE, ...options }, this.#measuredCores);
    this.#keep(process);
    return { name, process, address: await Promise.race([address, process.died]) };
  }

  /**
   * Starts Causeway with worker threads.
   *
   * @param placing with `in turns`, sessions are spread over the shards from the first one on, and clients that want a certain shard join
   *   until they are there; with `by default`, the node places them
   */
  startWorkers<Name extends string>(
    name: Name,
    workers: number,
    placing: 'in turns' | 'by default' = 'in turns',
  ): Promise<RunningSfu<Name>> {
    const options = placing === 'in turns' ? { CAUSEWAY_WORKER_FILL_PERCENT: '0' } : {};
    return this.startNode(name, { CAUSEWAY_WORKERS: String(workers), ...options });
  }

  /** Starts another process of load clients. */
  startLoad(name: string): BenchProcess<LoadVerbs> {
    const program = new URL('./load/main.ts', import.meta.url);
    return this.#keep(new BenchProcess<LoadVerbs>({ name, program, role: 'load', measuredCores: this.#measuredCores }));
  }

  async startContestant(name: ContestantName, load: Load): Promise<Contestant> {
    if (name !== 'floor') return createSfuContestant(await this.startSfu(name), load, this.load);
    const floor = startFloor(load, this.load.crowd);
    this.#keep(floor.process);
    return floor;
  }

  #checkoutOf(name: 'causeway' | 'against'): string {
    if (name === 'causeway') return OWN_CHECKOUT;
    if (this.#otherCheckout === undefined) throw new Error('There is no other checkout to measure against');
    return this.#otherCheckout;
  }

  /** The output of the processes, in which a failure often has its reason. */
  #lastWords(): string {
    const spoken = this.#processes.filter(({ outputTail }) => outputTail !== '');
    return spoken.map(({ name, outputTail }) => `--- ${name} said at last:\n${outputTail}`).join('\n');
  }

  #keep<Process extends Kept>(process: Process): Process {
    this.#processes.push(process);
    process.died.catch(this.#death.reject);
    return process;
  }
}
