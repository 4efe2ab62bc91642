/** A cluster in which one node keeps books that contain an app: the service that an operator bills for. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { AdminApi, PROJECT_ROOT } from '@causeway/lab';
import type { Lab } from './lab.ts';

const run = promisify(execFile);
const DAEMON = 'packages/gateway/src/main.ts';
/** The region of the node with the books. */
export const BOOKS_REGION = 'eu';

export interface ServiceNeeds {
  /** The URL of the books. Default: a file. */
  readonly booksUrl?: string;
  /** The settings of the app. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Further environment variables of every node. */
  readonly environment?: Readonly<Record<string, string>>;
}

interface Place {
  readonly folder: string;
  readonly booksUrl: string;
  readonly environment: Readonly<Record<string, string>>;
}

export class BookedService {
  readonly admin: AdminApi;
  readonly appId: string;
  readonly folder: string;
  readonly #lab: Lab;
  readonly #place: Place;

  private constructor(lab: Lab, admin: AdminApi, appId: string, place: Place) {
    this.admin = admin;
    this.appId = appId;
    this.folder = place.folder;
    this.#lab = lab;
    this.#place = place;
  }

  /** Restarts all nodes, each with a journal and one with books. The clients of the lab then join the app in those books. */
  static async with<Result>(lab: Lab, needs: ServiceNeeds, use: (service: BookedService) => Promise<Result>): Promise<Result> {
    const folder = await mkdtemp(join(tmpdir(), 'causeway-service-'));
    const { booksUrl = join(folder, 'books.sqlite'), environment = {} } = needs;
    const place = { folder, booksUrl, environment };
    try {
      await Promise.all(lab.cluster.nodes.map((node) => node.child.stop()));
      for (const { plan } of lab.cluster.nodes) await startNode(lab, plan.name, place);
      const { child, plan } = lab.cluster.node(BOOKS_REGION);
      const admin = await AdminApi.setUp(plan.url, () => child.log);
      const { id, secret } = await admin.createApp('Talk', needs.settings);
      lab.useApp({ appId: id, secret });
      await lab.api('us').untilKnown();
      return await use(new BookedService(lab, admin, id, place));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  startNode(region: string): Promise<void> {
    return startNode(this.#lab, region, this.#place);
  }

  /** Returns what the books bill for this month and the previous one, because it may be midnight. */
  async billedBytes(): Promise<number> {
    const { total } = await this.admin.call<{ readonly total: { readonly billed: number } }>('GET', `/apps/${this.appId}/usage?${range()}`);
    return total.billed;
  }

  /** Returns the usage of the same range as `billedBytes` in another form. */
  usageText(query: string): Promise<string> {
    return this.admin.text('GET', `/apps/${this.appId}/usage?${range()}&${query}`);
  }

  ledgerText(): Promise<string> {
    return this.admin.text('GET', `/apps/${this.appId}/ledger?${range()}`);
  }
}

/** Runs `causeway ledger verify`. @returns what it prints; undefined if it says that the file cannot be trusted */
export async function verifyLedgerFile(path: string): Promise<string | undefined> {
  const command = ['--conditions=causeway-source', resolve(PROJECT_ROOT, DAEMON), 'ledger', 'verify', path];
  try {
    return (await run(process.execPath, command, { maxBuffer: 1 << 26 })).stdout;
  } catch (error) {
    if (String((error as { readonly stderr?: string }).stderr).includes('cannot be trusted')) return undefined;
    throw error;
  }
}

async function startNode(lab: Lab, region: string, { folder, booksUrl, environment }: Place): Promise<void> {
  await lab.cluster.node(region).start({
    ...environment,
    CAUSEWAY_USAGE_FOLDER: join(folder, region),
    ...(region === BOOKS_REGION ? { CAUSEWAY_BOOKS: booksUrl } : {}),
  });
}

const DAY_MS = 86_400_000;

function range(): string {
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 'YYYY-MM-DD'.length);
  return `from=${day(Date.now() - DAY_MS)}&to=${day(Date.now() + DAY_MS)}`;
}
