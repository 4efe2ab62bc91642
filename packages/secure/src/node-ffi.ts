/**
 * Binds functions of the libraries that Node itself is linked with, through `node:ffi`, which is experimental and available since Node
 * 26.1. It is only an optimisation.
 *
 * What such a function allocates, the garbage collector does not know, and it outlives the thread that called it. For contexts of OpenSSL,
 * of which a busy thread has thousands, this file therefore keeps account.
 */

const NULL = 0n;
const BYTES_PER_ADDRESS = 8;
/** More than a thread needs: one for each keystream page and one beside them, and 1,024 for records. */
const MAX_CONTEXTS_OF_THREAD = 8_192;

const SIGNATURES = {
  EVP_CIPHER_CTX_new: { return: 'pointer', arguments: [] },
  EVP_CIPHER_CTX_free: { return: 'void', arguments: ['pointer'] },
} as const;

type Ffi = typeof import('node:ffi');

/**
 * Calls `bind` with the FFI module.
 *
 * @param bind creates the binding; may throw or return undefined if this version of Node behaves differently from what it expects
 * @returns undefined if FFI is missing (Node before 26.1, `--no-experimental-ffi`), forbidden by the permission model, or has changed
 */
export function bindByFfi<Bound>(bind: (ffi: Ffi) => Bound | undefined): Bound | undefined {
  try {
    const ffi = loadFfi();
    return ffi === undefined ? undefined : bind(ffi);
  } catch {
    return undefined;
  }
}

/**
 * Loads the module without its warning. We know that it is experimental (ADR 0011), and an operator or embedder could do nothing about it.
 */
function loadFfi(): Ffi | undefined {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule('node:ffi');
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Where this thread notes its contexts. Undefined in a thread that lasts as long as the process. */
let noted: BigUint64Array | undefined;
let notedCount = 0;

/** Creates the memory in which a thread is to note its contexts of OpenSSL. Pass it to the thread, and keep it. */
export function createContextTable(): SharedArrayBuffer {
  return new SharedArrayBuffer(MAX_CONTEXTS_OF_THREAD * BYTES_PER_ADDRESS);
}

/** Has this thread note all contexts that it creates from now on. */
export function noteContextsIn(table: SharedArrayBuffer): void {
  noted = new BigUint64Array(table);
  notedCount = 0;
}

/**
 * Frees the contexts of a thread that has ended, however it has. A thread that was terminated between the creation of a context and its
 * note leaves that one.
 *
 * @param table that of a thread whose worker has emitted `exit`: Node has waited for the thread then, so it cannot be in a call
 * @returns the number of contexts that were freed
 */
export function freeContexts(table: SharedArrayBuffer): number {
  const addresses = new BigUint64Array(table);
  const left = addresses.filter((at) => at !== NULL);
  addresses.fill(NULL);
  if (left.length === 0) return 0;
  return (
    bindByFfi((ffi) => {
      const { functions } = ffi.dlopen(null, SIGNATURES);
      for (const at of left) functions.EVP_CIPHER_CTX_free(at);
      return left.length;
    }) ?? 0
  );
}

/** The contexts of OpenSSL that this thread creates. */
export interface OpensslContexts {
  /**
   * Creates a context.
   *
   * @param owner has the only copy of the address: once the garbage collector has found that it is not used, the context is freed
   * @returns 0n if there is no memory
   */
  create(owner: object): bigint;
}

let contexts: OpensslContexts | undefined;

/** Returns the same for all suites of a thread. */
export function contextsOfThread(ffi: Ffi): OpensslContexts {
  contexts ??= new NotedContexts(ffi);
  return contexts;
}

class NotedContexts implements OpensslContexts {
  readonly #functions;
  readonly #ofOwner = new WeakMap<object, bigint[]>();
  /** Frees contexts in threads that outlive their suite, such as the main thread of a process that has closed its embedded SFU. */
  readonly #whenCollected = new FinalizationRegistry<readonly bigint[]>((contexts) => {
    for (const at of contexts) this.#free(at);
  });

  constructor(ffi: Ffi) {
    this.#functions = ffi.dlopen(null, SIGNATURES).functions;
  }

  create(owner: object): bigint {
    const place = this.#placeToNote();
    const at = place < 0 ? NULL : this.#functions.EVP_CIPHER_CTX_new();
    if (at === NULL) return NULL;
    if (noted !== undefined) noted[place] = at;
    this.#contextsOf(owner).push(at);
    return at;
  }

  #contextsOf(owner: object): bigint[] {
    const known = this.#ofOwner.get(owner);
    if (known !== undefined) return known;
    const contexts: bigint[] = [];
    this.#ofOwner.set(owner, contexts);
    this.#whenCollected.register(owner, contexts);
    return contexts;
  }

  /** @returns -1 if the table is full */
  #placeToNote(): number {
    if (noted === undefined) return 0;
    return notedCount < noted.length ? notedCount++ : noted.indexOf(NULL);
  }

  #free(at: bigint): void {
    const place = noted?.indexOf(at) ?? -1;
    // The note goes first, because a context that is freed twice corrupts memory, and one that is not freed only takes some.
    if (noted !== undefined && place >= 0) noted[place] = NULL;
    this.#functions.EVP_CIPHER_CTX_free(at);
  }
}
