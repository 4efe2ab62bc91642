/** Chooses the test files to try a mutant with, and their order: those come first that are likely to find it, and soon. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runJest } from './jest-run.ts';
import type { Mutant } from './mutant.ts';
import { insertNotes, listScopes, readReach, type Scope, scopesOf } from './reach.ts';
import type { Sandbox } from './sandbox.ts';

const MAX_WATCHED_RUN_MS = 20 * 60_000;

export interface TestChoice {
  /** Absolute paths, in order; empty if no test reaches the mutant. */
  readonly tests: readonly string[];
  /** How long they take without a mutant. */
  readonly durationMs: number;
}

export class TestChooser {
  readonly #scopes: readonly Scope[];
  readonly #numbers: ReadonlyMap<Scope, number>;
  readonly #reach: ReadonlyMap<number, ReadonlySet<string>>;
  /** Durations of the test files that passed; the others tell nothing. */
  readonly #durationsMs: ReadonlyMap<string, number>;
  /** How many mutants of a source file a test file has found. */
  readonly #finds = new Map<string, number>();

  private constructor(
    scopes: readonly Scope[],
    numbers: ReadonlyMap<Scope, number>,
    reach: ReadonlyMap<number, ReadonlySet<string>>,
    durationsMs: ReadonlyMap<string, number>,
  ) {
    this.#scopes = scopes;
    this.#numbers = numbers;
    this.#reach = reach;
    this.#durationsMs = durationsMs;
  }

  /**
   * Runs all tests of a package once, without a mutant, and sees what they reach.
   *
   * @param files TypeScript sources that may be mutated
   * @throws Error – no test passed
   */
  static async watch(sandbox: Sandbox, packageFolder: string, files: readonly string[]): Promise<TestChooser> {
    const scopes = files.flatMap((file) => listScopes(sandbox.folder, file));
    const numbers = new Map(scopes.map((scope, number) => [scope, number]));
    const sources = new Map(files.map((file) => [file, sandbox.read(file)]));
    const reachFolder = mkdtempSync(join(tmpdir(), 'causeway-reach-'));
    for (const [file, source] of sources) {
      const own = scopes.filter((scope) => scope.file === file);
      sandbox.write(file, insertNotes(source, own, numbers));
    }
    const tests = [join(sandbox.folder, packageFolder, 'test')];
    const run = await runJest(sandbox.folder, { tests, timeoutMs: MAX_WATCHED_RUN_MS, stopAtFailure: false, reachFolder });
    for (const [file, source] of sources) sandbox.write(file, source);
    const reach = readReach(reachFolder);
    rmSync(reachFolder, { recursive: true });
    const passed = run.files.filter(({ hasPassed }) => hasPassed);
    if (passed.length === 0) throw new Error(`no test of ${packageFolder} passed without a mutant (${run.result})`);
    for (const { testFile } of run.files.filter(({ hasPassed }) => !hasPassed))
      console.log(`  fails without a mutant, not used: ${testFile}`);
    return new TestChooser(scopes, numbers, reach, new Map(passed.map(({ testFile, durationMs }) => [testFile, durationMs])));
  }

  choose(mutant: Mutant, sandbox: Sandbox): TestChoice {
    const scopes = mutant.file.endsWith('.lua')
      ? this.#loadersOf(mutant.file, sandbox)
      : scopesOf(mutant, this.#scopes, sandbox.read(mutant.file));
    const reaching = new Set(scopes.flatMap((scope) => [...(this.#reach.get(this.#numbers.get(scope) ?? -1) ?? [])]));
    const stem = basename(mutant.file).replace(/\.\w+$/, '');
    const rank = (test: string) => [
      -(this.#finds.get(`${mutant.file} ${test}`) ?? 0),
      basename(test).startsWith(stem) ? 0 : 1,
      this.#durationOf(test),
    ];
    const tests = [...reaching].filter((test) => this.#durationsMs.has(test)).sort((a, b) => compareInTurn(rank(a), rank(b)));
    return { tests, durationMs: tests.reduce((sum, test) => sum + this.#durationOf(test), 0) };
  }

  /** The test found a mutant of this file, so it is tried first with the next ones. */
  noteFind(mutant: Mutant, test: string): void {
    const key = `${mutant.file} ${test}`;
    this.#finds.set(key, (this.#finds.get(key) ?? 0) + 1);
  }

  /** A script runs in the tests that run the source that names it. */
  #loadersOf(luaFile: string, sandbox: Sandbox): readonly Scope[] {
    const name = `'${basename(luaFile, '.lua')}'`;
    return this.#scopes.filter(({ file, start }) => start === 0 && sandbox.read(file).includes(name));
  }

  #durationOf(test: string): number {
    return this.#durationsMs.get(test) ?? 0;
  }
}

function compareInTurn(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
