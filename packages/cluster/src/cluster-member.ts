import type { KeyObject } from 'node:crypto';
import type { AppStore, AssertionTrust, QuotaLedger, Revocations, UsageLedger } from '@causeway/accounts';
import type { AppId } from '@causeway/protocol';
import type { LinkTrust, NodeDirectory, NodeRecord, Registry } from '@causeway/sfu';
import { AppAnnouncer } from './apps/app-announcer.ts';
import { AppChangeFeed } from './apps/app-change-feed.ts';
import { AppRecords } from './apps/app-records.ts';
import { RedisAppStore } from './apps/redis-app-store.ts';
import type { CallClaims } from './claims/call-claims.ts';
import { RedisCallClaims } from './claims/redis-call-claims.ts';
import type { Cluster, ClusterEvent, ClusterOptions, ClusterStatistics } from './cluster.ts';
import type { AppEventLog } from './events/app-event-log.ts';
import { RedisEventLog } from './events/redis-event-log.ts';
import { LivingNodes } from './nodes/living-nodes.ts';
import type { NodeScripts } from './nodes/node-scripts.ts';
import { RedisNodeDirectory } from './nodes/redis-node-directory.ts';
import type { RedisLink } from './redis/redis-link.ts';
import type { Persist } from './redis/until-answered.ts';
import { type ClusterRegistry, createClusterRegistry } from './registry/create-registry.ts';
import type { ClusterClock } from './time/cluster-clock.ts';
import { RedisRevocations } from './tokens/redis-revocations.ts';
import type { ClusterKeys } from './trust/cluster-keys.ts';
import { DerivedLinkTrust } from './trust/derived-link-trust.ts';
import { SignedAssertionTrust } from './trust/signed-assertion-trust.ts';
import { RedisQuotaLedger } from './usage/redis-quota-ledger.ts';
import { RedisUsageLedger } from './usage/redis-usage-ledger.ts';
import { UsageDrain, type UsageSink } from './usage/usage-drain.ts';

export interface ClusterMemberParts {
  readonly options: ClusterOptions;
  /** Includes the epoch of this life. */
  readonly self: NodeRecord;
  readonly keys: ClusterKeys;
  readonly clusterClock: ClusterClock;
  readonly scripts: NodeScripts;
  /** Carries leases and the table of nodes, which must not be delayed by thousands of other calls. */
  readonly nodesLink: RedisLink;
  /** Carries everything else. */
  readonly link: RedisLink;
}

/** One node's membership in its cluster. It combines the parts that need Redis, and owns both links. */
export class ClusterMember implements Cluster {
  readonly linkTrust: LinkTrust;
  readonly assertionTrust: AssertionTrust;
  readonly callClaims: CallClaims;
  readonly usageLedger: UsageLedger;
  readonly quotaLedger: QuotaLedger;
  readonly eventLog: AppEventLog;
  readonly tokenSecret: KeyObject;
  readonly ledgerSecret: KeyObject;
  readonly #revocations: RedisRevocations;
  readonly #parts: ClusterMemberParts;
  readonly #appStore: RedisAppStore;
  readonly #announcer: AppAnnouncer;
  readonly #appChanges: AppChangeFeed;
  readonly #directory: RedisNodeDirectory;
  readonly #registry: ClusterRegistry;
  #closing: Promise<void> | undefined;

  /** Creates the parts. Nothing is published to other nodes before `start`. */
  constructor(parts: ClusterMemberParts) {
    const { options, keys, link } = parts;
    this.#parts = parts;
    this.linkTrust = new DerivedLinkTrust(keys.linkCredentials);
    this.assertionTrust = new SignedAssertionTrust(keys.callAssertions, () => this.redisNowMs());
    this.callClaims = new RedisCallClaims(link);
    this.usageLedger = new RedisUsageLedger(link);
    this.quotaLedger = new RedisQuotaLedger(link);
    this.eventLog = new RedisEventLog(link, () => parts.clusterClock.latestMs());
    this.tokenSecret = keys.tokens;
    this.ledgerSecret = keys.ledger;
    const clusterNowMs = () => this.redisNowMs();
    const records = new AppRecords({ link, key: keys.appRecords, clusterNowMs });
    const { apps, clock } = options;
    this.#revocations = new RedisRevocations({
      link,
      key: keys.revocations,
      timers: clock,
      clusterNowMs,
      onReadable: (isReadable, error) => this.#tell(isReadable ? { type: 'revocations.known' } : { type: 'revocations.unknown', error }),
    });
    this.#appStore = new RedisAppStore({ records, apps, nowMs: () => clock.nowMs(), clusterNowMs });
    this.#announcer = new AppAnnouncer({
      records,
      apps,
      timers: clock,
      clusterNowMs,
      onDefect: (appId, defect) => this.#tell({ type: 'app.restored', appId, defect }),
      onWritten: (appId) => void this.#appChanges.tell(appId),
    });
    const onChanged = (appId?: AppId): void => this.#appStore.forget(appId);
    this.#appChanges = new AppChangeFeed({ link, timers: clock, clusterNowMs, onChanged });
    this.#directory = this.#createDirectory();
    this.#registry = this.#createRegistry();
  }

  get directory(): NodeDirectory {
    return this.#directory;
  }

  get registry(): Registry {
    return this.#registry.registry;
  }

  get revocations(): Revocations {
    return this.#revocations;
  }

  get appStore(): AppStore {
    return this.#appStore;
  }

  get statistics(): ClusterStatistics {
    const { nodesLink, link } = this.#parts;
    return {
      nodeRecordsRefused: this.#directory.recordsRefused,
      appRecordsRefused: this.#appStore.recordsRefused,
      appLookUps: this.#appStore.lookUps,
      revocationsRefused: this.#revocations.refused,
      redisFailures: nodesLink.failures + link.failures,
      isRedisGivenUp: link.isGivenUp,
      sessionsToRestore: this.#registry.outstanding,
    };
  }

  redisNowMs(): number {
    return this.#parts.clusterClock.nowMs();
  }

  drainUsage(sink: UsageSink): UsageDrain {
    const { link, options } = this.#parts;
    return new UsageDrain({ ...sink, link, timers: options.clock, clusterNowMs: () => this.redisNowMs() });
  }

  /** @param persist retries calls that Redis does not answer. @throws whatever `persist` throws */
  async start(persist: Persist): Promise<void> {
    this.#parts.link.onReady(() => this.#announcer.announce());
    this.#announcer.announce();
    await Promise.all([this.#directory.start(persist), persist(() => this.#revocations.start())]);
  }

  close(): Promise<void> {
    this.#closing ??= this.#leave();
    return this.#closing;
  }

  async #leave(): Promise<void> {
    this.#announcer.stop();
    this.#appChanges.stop();
    this.#revocations.stop();
    await Promise.all([this.#registry.stop(), this.#directory.close()]);
    this.#parts.nodesLink.close();
    this.#parts.link.close();
  }

  #createDirectory(): RedisNodeDirectory {
    const { options, self, keys, clusterClock, scripts, nodesLink } = this.#parts;
    return new RedisNodeDirectory({
      self,
      link: nodesLink,
      scripts,
      timers: options.clock,
      clusterClock,
      key: keys.nodeRecords,
      isMediaAlive: options.isMediaAlive,
      onSuperseded: (byEpoch) => {
        this.#tell({ type: 'node.superseded', byEpoch });
        options.onSuperseded();
      },
      onRevived: (cause) => {
        this.#tell({ type: 'node.revived', cause });
        this.#registry.noteRevived();
        this.#announcer.announce();
      },
      onStalled: () => this.#tell({ type: 'node.stalled' }),
      onNotRenewed: (error) => this.#tell({ type: 'lease.unrenewed', error }),
    });
  }

  #createRegistry(): ClusterRegistry {
    const { options, link } = this.#parts;
    const { clock } = options;
    const directory = this.#directory;
    return createClusterRegistry({
      link,
      directory,
      living: new LivingNodes({ directory, refresh: () => directory.refresh(), nowMs: () => clock.nowMs() }),
      timers: clock,
      nextTurn: options.nextTurn,
      onRestored: (appId, sessions) => this.#tell({ type: 'registry.restored', appId, sessions }),
      onSwept: ({ nodeNo, epoch }, sessions) => this.#tell({ type: 'registry.swept', nodeNo, epoch, sessions }),
    });
  }

  #tell(event: ClusterEvent): void {
    this.#parts.options.onEvent?.(event);
  }
}
