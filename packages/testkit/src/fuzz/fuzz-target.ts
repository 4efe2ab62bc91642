import type { Mutator } from './mutate-bytes.ts';

/** Code under test. */
export interface FuzzTarget {
  readonly name: string;
  /** Its share of a run relative to other targets; cheap and exposed code gets much. */
  readonly share: number;
  /** Real samples, from which all inputs are derived. */
  readonly seeds: readonly Uint8Array[];
  readonly mutate: Mutator;
  /**
   * Passes one input to the code under test, which may keep the bytes. May be called again with the same input.
   *
   * @throws for anything thrown by the code under test, and for every violated invariant
   */
  run(input: Uint8Array): void | Promise<void>;
  /** Checks the effects of the same input more closely; its time is not measured. @throws as `run` */
  verify?(input: Uint8Array): void;
  /** Stops everything that still runs. */
  close?(): void;
}

/** Creates a new target, so that runs are independent. */
export interface FuzzTargetFactory {
  readonly name: string;
  create(): FuzzTarget | Promise<FuzzTarget>;
}
