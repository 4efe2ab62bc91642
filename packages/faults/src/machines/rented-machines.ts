/** All machines of the guide and the networks between them, as they are before its first command. */
import { fillIn, type GuideStep } from './guide.ts';
import { Internet } from './internet.ts';
import { Machine } from './machine.ts';
import type { GuidePlan, PlannedMachine } from './plan.ts';
import { PublicCa } from './public-ca.ts';

const CA_FILE = '/usr/local/share/ca-certificates/public-ca.crt';

export class RentedMachines {
  readonly plan: GuidePlan;
  readonly #internet: Internet;
  readonly #machines = new Map<string, Machine>();
  readonly #words: Readonly<Record<string, string>>;
  #ca: PublicCa | undefined;
  #outside = '';

  private constructor(plan: GuidePlan, internet: Internet, words: Readonly<Record<string, string>>) {
    this.plan = plan;
    this.#internet = internet;
    this.#words = words;
  }

  /**
   * Builds the networks, which contain only the CA so far.
   *
   * @param words the values for the guide's placeholders
   */
  static async open(plan: GuidePlan, words: Readonly<Record<string, string>>): Promise<RentedMachines> {
    const internet = await Internet.open(plan.hosts);
    const rented = new RentedMachines(plan, internet, words);
    try {
      rented.#outside = await internet.connect(plan.outside.name, plan.outside.addresses);
      rented.#ca = await PublicCa.start(rented.#outside);
      return rented;
    } catch (error) {
      await rented.stop();
      throw error;
    }
  }

  /**
   * Boots a machine.
   *
   * @param below folders below its disk, the uppermost first
   * @param repository what it may clone
   */
  async boot({ name, addresses, open }: PlannedMachine, below: readonly string[], repository: string): Promise<Machine> {
    const namespace = await this.#internet.connect(name, addresses);
    await this.#internet.closePorts(namespace, open);
    const machine = await Machine.boot({ name, below, namespace, hosts: this.#internet.hostsFile, repository });
    this.#machines.set(name, machine);
    machine.write(CA_FILE, await this.publicCa.rootCertificate());
    // A rented machine has fresh lists of packages, or fetches them first of all.
    await machine.run('[ -n "$(ls /var/lib/apt/lists/*Packages* 2>/dev/null)" ] || apt-get update -qq; update-ca-certificates');
    return machine;
  }

  /** The network namespace of the user. */
  get outside(): string {
    return this.#outside;
  }

  get publicCa(): PublicCa {
    if (this.#ca === undefined) throw new Error('the CA was not started');
    return this.#ca;
  }

  machine({ name }: PlannedMachine): Machine {
    const machine = this.#machines.get(name);
    if (machine === undefined) throw new Error(`there is no machine ${name}`);
    return machine;
  }

  /** Fills a text of the guide in for one machine, as its operator would. */
  fillIn(text: string, machine: PlannedMachine): string {
    return fillIn(text, this.plan.columns, machine.name, this.#words);
  }

  /** Carries out steps of a section on one machine. */
  async follow(steps: readonly GuideStep[], on: PlannedMachine): Promise<void> {
    for (const step of steps) await this.#take(step, on);
  }

  async #take(step: GuideStep, on: PlannedMachine): Promise<void> {
    const machine = this.machine(on);
    if (step.kind === 'commands') {
      await machine.run(this.fillIn(step.text, on));
      return;
    }
    machine.write(step.path, this.fillIn(step.text, on));
    await machine.run(`chmod ${step.mode} ${step.path}; chgrp ${step.group} ${step.path}`);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#machines.values()].map((machine) => machine.stop()));
    await this.#ca?.stop();
    this.#internet.close();
  }
}
