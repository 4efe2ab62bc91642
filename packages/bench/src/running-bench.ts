import { startCauseway } from './contestants/causeway-process.ts';
import type { Contestant, ContestantName, Load } from './contestants/contestant.ts';
import { startFloor } from './contestants/floor-contestant.ts';
import { startNaive } from './contestants/naive-process.ts';
import { createSfuContestant, type LoadProcesses, type RunningSfu } from './contestants/sfu-contestant.ts';
import type { LoadVerbs } from './load/load-verbs.ts';
import { BenchProcess, programPath } from './processes/bench-process.ts';

interface Stoppable {
  stop(): Promise<void>;
  readonly died: Promise<never>;
}

/** The processes of one measurement; `stop` ends all of them, whatever has happened. */
export class RunningBench {
  readonly #processes: Stoppable[] = [];
  readonly #death = Promise.withResolvers<never>();
  readonly load: LoadProcesses;

  constructor() {
    const program = programPath('./load/main.ts', import.meta.url);
    this.load = {
      source: this.#keep(new BenchProcess<LoadVerbs>({ name: 'load source', program })),
      crowd: this.#keep(new BenchProcess<LoadVerbs>({ name: 'load crowd', program })),
    };
  }

  /** Runs a measurement with processes of its own. @throws Error – also when one of them ends too early */
  static async with<Result>(measure: (bench: RunningBench) => Promise<Result>): Promise<Result> {
    const bench = new RunningBench();
    try {
      return await Promise.race([measure(bench), bench.#death.promise]);
    } finally {
      await Promise.all(bench.#processes.map((process) => process.stop()));
    }
  }

  async startSfu(name: Exclude<ContestantName, 'floor'>): Promise<RunningSfu> {
    const sfu = await (name === 'naive' ? startNaive() : startCauseway());
    this.#keep(sfu.process);
    return sfu;
  }

  async startContestant(name: ContestantName, load: Load): Promise<Contestant> {
    if (name !== 'floor') return createSfuContestant(await this.startSfu(name), load, this.load);
    const floor = startFloor(load, this.load.crowd);
    this.#keep(floor.process);
    return floor;
  }

  #keep<Process extends Stoppable>(process: Process): Process {
    this.#processes.push(process);
    process.died.catch(this.#death.reject);
    return process;
  }
}
