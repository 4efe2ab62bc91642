import type { Mutator } from './mutate-bytes.ts';

/** A piece of code under attack. */
export interface FuzzTarget {
  readonly name: string;
  /** How much of a run it gets, relative to the others: what is cheap and exposed gets much. */
  readonly share: number;
  /** Real samples; everything else grows from them. */
  readonly seeds: readonly Uint8Array[];
  readonly mutate: Mutator;
  /**
   * Gives one input to the code under test, which may keep the bytes. May be called again with the same input.
   *
   * @throws whatever must not happen: anything thrown by the code under test, and broken promises about it
   */
  run(input: Uint8Array): void | Promise<void>;
  /** Looks closer at what became of the same input; its time does not count. @throws as `run` */
  verify?(input: Uint8Array): void;
  /** Ends whatever still runs. */
  close?(): void;
}

/** Makes a target afresh, so that no run sees what another has left. */
export interface FuzzTargetFactory {
  readonly name: string;
  create(): FuzzTarget | Promise<FuzzTarget>;
}
