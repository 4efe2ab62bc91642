import type { KeyObject } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { Accounts, Books, OidcSettings, WebhookBooks } from '@causeway/accounts';
import type { BooksLocation } from '../database/open-database.ts';
import { arrivedError, unavailable } from './crossing-error.ts';
import type { BooksMethod, BooksThreadStart, FromBooksThread, ToBooksThread } from './thread-messages.ts';

export interface BooksThreadOptions {
  readonly location: BooksLocation;
  /** 256 bits that are not in the books. By default there is no key, and calls that must seal a secret fail. */
  readonly sealingKey?: KeyObject;
  /** The OpenID provider. Without one, people sign in with a password or passkey. */
  readonly oidc?: OidcSettings;
  /** Called when the books can no longer be reached, and when they can again. */
  readonly onReachable?: (isReachable: boolean, error?: unknown) => void;
}

const SOURCE_CONDITION = '--conditions=causeway-source';
/** People wait for calls, and a database that takes longer has hung. */
const CALL_TIMEOUT_MS = 10_000;
/** The console of an operator makes a few calls at a time. */
const MAX_CALLS = 512;
const RESTART_AFTER_MS = 1_000;
const CLOSE_TIMEOUT_MS = 2_000;

/** Every method of the books; the compiler keeps all three lists complete. */
const METHODS: Readonly<Record<keyof Books, true>> = {
  openSetUp: true,
  completeSetUp: true,
  createOrg: true,
  findOrg: true,
  listOrgs: true,
  createApp: true,
  findApp: true,
  listApps: true,
  updateApp: true,
  removeApp: true,
  appChanges: true,
  createSecret: true,
  addSigningKey: true,
  listKeys: true,
  rollKey: true,
  revokeKey: true,
  findKey: true,
  noteKeyUses: true,
  createAdminKey: true,
  listAdminKeys: true,
  findAdminKey: true,
  listAudit: true,
  recordUsage: true,
  pruneUsage: true,
  usageTotals: true,
  queryUsage: true,
  ledgerExtent: true,
  ledgerRecords: true,
};

/** Every method of the accounts. */
const PEOPLE_METHODS: Readonly<Record<keyof Accounts, true>> = {
  signUp: true,
  signIn: true,
  findSignIn: true,
  signOut: true,
  changePassword: true,
  readFactors: true,
  offerTotp: true,
  confirmTotp: true,
  removeTotp: true,
  offerPasskey: true,
  addPasskey: true,
  removePasskey: true,
  offerPasskeySignIn: true,
  signInWithPasskey: true,
  offerOidcSignIn: true,
  offerOidcConnection: true,
  signInWithOidc: true,
  disconnectOidc: true,
  listMembers: true,
  changeRole: true,
  removeMember: true,
  invite: true,
  listInvitations: true,
  withdrawInvitation: true,
  readInvitation: true,
  acceptInvitation: true,
};

/** Every method of the webhooks. */
const WEBHOOK_METHODS: Readonly<Record<keyof WebhookBooks, true>> = {
  createWebhook: true,
  listWebhooks: true,
  findWebhook: true,
  updateWebhook: true,
  removeWebhook: true,
  rotateWebhookSecret: true,
  listDeliveries: true,
  logPing: true,
  redeliver: true,
  replay: true,
  attend: true,
  leave: true,
  takeLead: true,
  releaseLead: true,
  findPlace: true,
  enqueue: true,
  dueDeliveries: true,
  settleDeliveries: true,
  pruneDeliveries: true,
};

interface WaitingCall {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: NodeJS.Timeout;
}

/** Runs the books in a separate thread. A node does not wait for its start; until then, calls fail with `books_unavailable`. */
export class BooksThread {
  readonly books: Books;
  readonly accounts: Accounts;
  readonly webhooks: WebhookBooks;
  readonly #options: BooksThreadOptions;
  readonly #waiting = new Map<number, WaitingCall>();
  #worker: Worker | undefined;
  #state: 'opening' | 'open' | 'closed' = 'opening';
  #isReachable: boolean | undefined;
  #nextId = 1;
  #restart: NodeJS.Timeout | undefined;

  constructor(options: BooksThreadOptions) {
    this.#options = options;
    this.books = this.#proxyOf<Books>(METHODS);
    this.accounts = this.#proxyOf<Accounts>(PEOPLE_METHODS);
    this.webhooks = this.#proxyOf<WebhookBooks>(WEBHOOK_METHODS);
    this.#start();
  }

  /** The number of calls under way. */
  get underWay(): number {
    return this.#waiting.size;
  }

  /** Waits for calls under way, then ends the thread. May be called repeatedly. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#state = 'closed';
    clearTimeout(this.#restart);
    if (worker === undefined) return;
    this.#worker = undefined;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage({ type: 'close' } satisfies ToBooksThread);
    const cut = setTimeout(() => void worker.terminate(), CLOSE_TIMEOUT_MS);
    await ended;
    clearTimeout(cut);
  }

  #start(): void {
    const worker = startWorker({ location: this.#options.location, sealingKey: this.#options.sealingKey, oidc: this.#options.oidc });
    let lastError: unknown;
    this.#worker = worker;
    // A thread that waits for calls must not keep the process alive.
    worker.unref();
    worker.on('message', (message: FromBooksThread) => this.#handle(message));
    worker.on('error', (error) => {
      lastError = error;
    });
    worker.on('exit', (code) => this.#handleExit(lastError ?? new Error(`the thread of the books ended with exit code ${code}`)));
  }

  #handle(message: FromBooksThread): void {
    if (message.type === 'ready') {
      this.#state = 'open';
      this.#note(true);
    } else if (message.type === 'unready') {
      this.#note(false, message.error);
    } else {
      const call = this.#take(message.id);
      if (message.type === 'answer') {
        this.#note(true);
        call?.resolve(message.answer);
      } else {
        const isTrouble = message.error.kind === 'unavailable';
        if (this.#state === 'open') this.#note(!isTrouble, isTrouble ? message.error.error : undefined);
        call?.reject(arrivedError(message.error));
      }
    }
  }

  #handleExit(error: unknown): void {
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(unavailable(error));
    if (this.#state === 'closed') return;
    this.#worker = undefined;
    this.#state = 'opening';
    this.#note(false, error);
    this.#restart = setTimeout(() => this.#start(), RESTART_AFTER_MS);
    this.#restart.unref();
  }

  #note(isReachable: boolean, error?: unknown): void {
    if (isReachable !== this.#isReachable) this.#options.onReachable?.(isReachable, error);
    this.#isReachable = isReachable;
  }

  #proxyOf<Part>(methods: Readonly<Record<keyof Part, true>>): Part {
    const names = Object.keys(methods) as BooksMethod[];
    return Object.fromEntries(names.map((method) => [method, (...args: unknown[]) => this.#call(method, args)])) as unknown as Part;
  }

  #call(method: BooksMethod, args: readonly unknown[]): Promise<unknown> {
    const worker = this.#worker;
    if (worker === undefined || this.#state !== 'open') return Promise.reject(unavailable(new Error('the books are not open')));
    if (this.#waiting.size >= MAX_CALLS) return Promise.reject(unavailable(new Error(`${MAX_CALLS} calls are under way`)));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#take(id)?.reject(unavailable(new Error(`no answer to ${method} in time`))), CALL_TIMEOUT_MS);
      this.#waiting.set(id, { resolve, reject, timer });
      worker.postMessage({ type: 'call', id, method, args } satisfies ToBooksThread);
    });
  }

  #take(id: number): WaitingCall | undefined {
    const call = this.#waiting.get(id);
    clearTimeout(call?.timer);
    this.#waiting.delete(id);
    return call;
  }
}

/** The thread runs from the sources or from the build, as this file does. */
function startWorker(start: BooksThreadStart): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  const file = new URL(isSource ? './thread-main.ts' : './thread-main.js', import.meta.url);
  const needsCondition = isSource && !process.execArgv.includes(SOURCE_CONDITION);
  return new Worker(file, { name: 'books', workerData: start, ...(needsCondition && { execArgv: [SOURCE_CONDITION] }) });
}
