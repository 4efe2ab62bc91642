/** Assembles an `Sfu` from its parts and routes verbs and engine events to their sessions. */
import {
  type AppId,
  type CreateSessionReply,
  type CreateSessionRequest,
  formatSessionId,
  isRevokedBy,
  LIMITS,
  parseAppId,
  SfuError,
  type TokenGrants,
} from '@causeway/protocol';
import { AppUsageSource } from './app-usage.ts';
import type { Clock } from './clock.ts';
import type { SfuEvent, SfuWatcher } from './events.ts';
import { inspectSfu } from './inspect-sfu.ts';
import { createNegotiation, hostCandidates, publications, subscriptions } from './negotiation/index.ts';
import { DEFAULT_OVERLOAD_LIMITS, type OverloadLimits } from './overload/admission.ts';
import { type AppBounds, AppShares, defaultAppBounds, type SessionPlace } from './overload/app-shares.ts';
import { DescriptionTurns } from './overload/description-turns.ts';
import { EgressGovernor } from './overload/egress-governor.ts';
import { Entrance } from './overload/entrance.ts';
import type { LoadSource } from './overload/load-source.ts';
import { type Random, uniform, uuidV4 } from './random.ts';
import type { Registry } from './registry/index.ts';
import type { ClusterAssembly } from './relay/cluster-assembly.ts';
import { Relay } from './relay/relay.ts';
import { DataDirectory } from './session/data/data-directory.ts';
import type { DataParticipant, ParticipantOptions } from './session/data/data-participant.ts';
import { hostData } from './session/data/host-data.ts';
import { createEngineListener } from './session/engine-news.ts';
import { QualityWatch, readNewestQuality, readQuality } from './session/quality/session-quality.ts';
import { Session } from './session/session.ts';
import { SessionCounters } from './session/session-counters.ts';
import type { SessionLimits, SessionParts } from './session/session-parts.ts';
import { countSubscribers, requireOwn, requireVisible, SessionStore } from './session/session-store.ts';
import { TrackDirectory } from './session/track-directory.ts';
import { closeDataChannels, listDataChannels, updateDataChannels } from './session/verbs/change-data-channels.ts';
import { deleteSession, diagnoseSession, patchSession } from './session/verbs/change-session.ts';
import { closeTracks, patchTrack } from './session/verbs/change-tracks.ts';
import { createSession, type NewSession } from './session/verbs/create-session.ts';
import { publishDataChannels, subscribeDataChannels } from './session/verbs/data-channels.ts';
import { listSessions, listTracks, sessionDetails } from './session/verbs/describe.ts';
import { dataChannelPath, trackPath } from './session/verbs/describe-paths.ts';
import { publish } from './session/verbs/publish.ts';
import { renegotiate } from './session/verbs/renegotiate.ts';
import { subscribe, unsubscribe } from './session/verbs/subscribe.ts';
import { updateTracks } from './session/verbs/update-tracks.ts';
import type { Sfu } from './sfu.ts';
import type { Shard } from './shard.ts';
import { SpeakerReports } from './speakers/speaker-reports.ts';

/** The parts that an SFU is assembled from. */
export interface SfuAssembly {
  readonly shard: Shard;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly random: Random;
  /** Number in the session ids, 0 to 65,535; unique in a cluster. */
  readonly nodeNo: number;
  /** Literal addresses for the host candidates, best first. */
  readonly announcedAddresses: readonly string[];
  readonly limits?: Partial<SessionLimits>;
  readonly overload?: Partial<OverloadLimits>;
  /** The bounds of each app, unless `createSession` sets others. */
  readonly appBounds?: Partial<AppBounds>;
  /** Default: the load is not measured, and new sessions are refused only for their number. */
  readonly load?: LoadSource;
  /** Calls back in a later turn of the event loop, in which the next session may be created. Default `setImmediate`. */
  readonly nextTurn?: (callback: () => void) => void;
  /** Calls back in a later turn of the event loop, in which descriptions are read and written further. Default `setImmediate`. */
  readonly nextDescriptionTurn?: (callback: () => void) => void;
  readonly onEvent?: (event: SfuEvent) => void;
  /** Reports a defect that belongs to no session and has no further effect. */
  readonly onDefect: (error: unknown) => void;
  /** Default: the node is standalone. */
  readonly cluster?: ClusterAssembly;
}

const DEFAULT_LIMITS: SessionLimits = { maxSdpLength: LIMITS.maxSdpBytes, maxSections: LIMITS.maxMediaSectionsPerSession };

/** @param assembly its shard must have its socket open */
export function assembleSfu(assembly: SfuAssembly): Sfu {
  const { registry, clock, random } = assembly;
  const directory = new TrackDirectory();
  const store = new SessionStore(clock);
  const dataDirectory = new DataDirectory();
  const relay = createRelay(assembly, { directory, dataDirectory, store });
  const shard = relay?.shard ?? assembly.shard;
  const counters = new SessionCounters(() => clock.nowMs());
  const watchers = new Set<SfuWatcher>();
  const usage = new AppUsageSource(shard, clock);
  const parts: SessionParts = {
    shard,
    registry,
    directory,
    dataDirectory,
    remoteTracks: relay,
    clock,
    random,
    limits: { ...DEFAULT_LIMITS, ...assembly.limits },
    descriptionTurns: new DescriptionTurns({ nowMs: () => clock.nowMs(), nextTurn: assembly.nextDescriptionTurn ?? setImmediate }),
    onEvent(event) {
      counters.note(event);
      const { group } = store.byId(event.sessionId) ?? {};
      const told = group === undefined ? event : { ...event, group };
      assembly.onEvent?.(told);
      for (const { onEvent } of [...watchers]) onEvent?.(told);
    },
  };
  const local = { fingerprint: shard.fingerprint, port: shard.port, candidates: hostCandidates(assembly.announcedAddresses, shard.port) };
  const limits = { ...DEFAULT_OVERLOAD_LIMITS, ...assembly.overload };
  const shares = new AppShares({ ...defaultAppBounds(limits.maxSessions), ...assembly.appBounds }, () => uniform(random));
  const egress = new EgressGovernor({ shares, clock, measure: () => usage.measure(), sessions: () => store.all() });
  const entrance = new Entrance({
    limits,
    load: assembly.load,
    random,
    nextTurn: assembly.nextTurn ?? setImmediate,
    countSessions: () => store.size,
    onMemoryCritical: () => shard.send({ type: 'forget-histories' }),
  });
  const paths = { nodeNo: assembly.nodeNo, store, directory, dataDirectory, relay };
  let closing: Promise<void> | undefined;
  const speakers = new SpeakerReports(parts.onEvent);
  const onSpeech: Parameters<typeof createEngineListener>[1] = (session, event) => {
    speakers.take(clock.nowMs(), session, event.trackId, event);
  };
  shard.setListener(createEngineListener(store, onSpeech, assembly.onDefect));
  relay?.open();

  async function openSession(
    appId: AppId,
    request: CreateSessionRequest,
    bounds: Partial<AppBounds> = {},
    caller?: TokenGrants,
  ): Promise<CreateSessionReply> {
    refuseWhenClosing();
    const holder = caller === undefined ? undefined : { sub: caller.sub, maxSessions: caller.max?.sessions };
    const place = shares.takePlace(appId, bounds, holder);
    try {
      const hasArrived = await entrance.pass(appId);
      try {
        refuseWhenClosing();
        return await startSession({ appId, request, caller }, place, hasArrived);
      } finally {
        hasArrived();
      }
    } finally {
      if (!place.isOccupied) place.leave();
    }
  }

  function startSession(
    { appId, request, caller }: Pick<NewSession, 'appId' | 'request' | 'caller'>,
    place: SessionPlace,
    hasArrived: () => void,
  ): Promise<CreateSessionReply> {
    return createSession(
      {
        appId,
        id: formatSessionId(assembly.nodeNo, uuidV4(random)),
        shardNo: shard.chooseShardNo(),
        local,
        request,
        autoPublish: request.autoPublish ?? true,
        caller,
        place,
        onOpened(session) {
          // The node may have begun to close while the offer was being read.
          refuseWhenClosing();
          place.occupy();
          store.add(session);
          hasArrived();
          egress.watch();
        },
        onClosed: (session) => store.close(session),
      },
      parts,
    );
  }

  /** Returns the most bytes that wait for any one subscriber of this node's sessions, or for another node. */
  async function bufferedBytes(publicationId: string): Promise<number> {
    const own = store.all().flatMap(({ data }) => data.subscribed.all().filter((each) => each.publicationId === publicationId));
    const ids = new Set([...own.map(({ id }) => id), ...(relay?.dataFeedsOf(publicationId) ?? [])]);
    const { subscriptions: all } = await shard.ask('data-statistics');
    return all.reduce((most, { subscriptionId, bufferedBytes: waiting }) => (ids.has(subscriptionId) ? Math.max(most, waiting) : most), 0);
  }

  async function openParticipant(appId: AppId, { metadata = '', onClosed }: ParticipantOptions = {}): Promise<DataParticipant> {
    refuseWhenClosing();
    const place = shares.takePlace(appId, undefined);
    const negotiation = createNegotiation(formatSessionId(assembly.nodeNo, uuidV4(random)), shard.chooseShardNo(), local, random);
    const session = new Session(
      { appId, negotiation, metadata, autoPublish: false, isHosted: true, creator: undefined, place },
      parts,
      (ended) => {
        store.close(ended);
        onClosed?.();
      },
    );
    place.occupy();
    store.add(session);
    await session.openHosted();
    return hostData({ session, bufferedBytes });
  }

  function refuseWhenClosing(): void {
    if (closing !== undefined) throw new SfuError('draining', 'this node is shutting down and accepts no new sessions');
  }

  async function closeAll(): Promise<void> {
    entrance.close();
    egress.close();
    for (const session of store.all()) session.close('draining');
    for (const { onClosed } of [...watchers]) onClosed?.();
    relay?.close();
    await usage.finish();
    await shard.close();
  }

  return {
    udpPort: shard.port,
    nodeNo: assembly.nodeNo,
    createSession: async (appId, request, bounds, caller) => openSession(requireAppId(appId), request, bounds, caller),
    publish: async (appId, sessionId, request, caller) => publish(requireOwn(store, appId, sessionId, caller), request, caller),
    subscribe: async (appId, sessionId, request, caller) => subscribe(requireOwn(store, appId, sessionId, caller), request, caller),
    unsubscribe: async (appId, sessionId, request, caller) => unsubscribe(requireOwn(store, appId, sessionId, caller), request),
    updateTracks: async (appId, sessionId, request, caller) => updateTracks(requireOwn(store, appId, sessionId, caller), request, caller),
    closeTracks: async (appId, sessionId, request, caller) => closeTracks(requireOwn(store, appId, sessionId, caller), request),
    renegotiate: async (appId, sessionId, request, caller) => renegotiate(requireOwn(store, appId, sessionId, caller), request, caller),
    publishDataChannels: async (appId, sessionId, request, caller) =>
      publishDataChannels(requireOwn(store, appId, sessionId, caller), request, caller),
    subscribeDataChannels: async (appId, sessionId, request, caller) =>
      subscribeDataChannels(requireOwn(store, appId, sessionId, caller), request, caller),
    updateDataChannels: async (appId, sessionId, request, caller) =>
      updateDataChannels(requireOwn(store, appId, sessionId, caller), request),
    closeDataChannels: async (appId, sessionId, request, caller) => closeDataChannels(requireOwn(store, appId, sessionId, caller), request),
    data: openParticipant,
    listDataChannels: async (appId, sessionId, caller) => listDataChannels(requireVisible(store, appId, sessionId, caller)),
    listSessions: async (appId, query, caller) => listSessions({ registry, store }, requireAppId(appId), query, caller),
    listTracks: async (appId, sessionId, caller) => listTracks({ registry, store }, appId, sessionId, caller),
    trackPath: async (appId, sessionId, trackId, caller) => trackPath(paths, appId, sessionId, trackId, caller),
    dataChannelPath: async (appId, sessionId, name, caller) => dataChannelPath(paths, appId, sessionId, name, caller),
    describeSession: async (appId, sessionId, caller) => sessionDetails(requireVisible(store, appId, sessionId, caller)),
    diagnoseSession: async (appId, sessionId, caller) => diagnoseSession({ store, shares }, appId, sessionId, caller),
    async sessionQuality(appId, sessionId, caller) {
      const session = requireVisible(store, appId, sessionId, caller);
      return { sessionId: session.id, sfuAppId: session.appId, samples: await readQuality(session) };
    },
    watchQuality(appId, sessionId, onSample) {
      const session = () => store.find(appId, sessionId);
      const readNewest = async () => {
        const open = session();
        return open && readNewestQuality(open);
      };
      const watch = new QualityWatch({ clock, isOpen: () => session() !== undefined, readNewest, onSample });
      return () => watch.stop();
    },
    patchSession: async (appId, sessionId, request, caller) => patchSession(requireOwn(store, appId, sessionId, caller), request, caller),
    patchTrack: async (appId, sessionId, trackId, request, caller) =>
      patchTrack(requireOwn(store, appId, sessionId, caller), trackId, request, caller),
    deleteSession: async (appId, sessionId, caller) => deleteSession(store, appId, sessionId, caller),
    setQuota(appId, state) {
      shares.noteQuota(appId, state);
      egress.enforce();
    },
    closeSessionsOf(appId, revoked) {
      const concerned = store.all().filter(({ appId: of, owner }) => of === appId && owner !== undefined && isRevokedBy(revoked, owner));
      for (const session of concerned) session.close('token_revoked');
      return concerned.length;
    },
    watch(watcher) {
      // A copy is registered, so that a listener that watches twice is called twice and can stop each watch by itself.
      const own = { ...watcher };
      watchers.add(own);
      return () => watchers.delete(own);
    },
    isReady: () => closing === undefined,
    load: () => entrance.load(),
    isAlive: () => shard.isAlive(),
    get stats() {
      const states = store.all().map(({ negotiation }) => negotiation);
      return {
        sessions: states.length,
        publications: states.reduce((sum, state) => sum + publications(state).length, 0),
        subscriptions: states.reduce((sum, state) => sum + subscriptions(state).length, 0),
      };
    },
    takeUsage: () => usage.take(),
    inspect: () => inspectSfu({ ...parts, store, counters, entrance, shares, egress, speakers, relay }),
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}

/** Validates the app id, because it becomes part of keys in registries. */
function requireAppId(text: string): AppId {
  const appId = parseAppId(text);
  if (appId !== undefined) return appId;
  throw new SfuError('invalid_params', `app id ${JSON.stringify(text)} must be 1 to 64 letters, digits, "_" or "-"`);
}

interface RelayParts {
  readonly directory: TrackDirectory;
  readonly dataDirectory: DataDirectory;
  readonly store: SessionStore;
}

function createRelay(assembly: SfuAssembly, { directory, dataDirectory, store }: RelayParts): Relay | undefined {
  const { cluster, shard, clock, random } = assembly;
  if (cluster === undefined) return undefined;
  return new Relay({
    ...cluster,
    shard,
    clock,
    random,
    tracks: directory,
    dataChannels: dataDirectory,
    answer: (appId, reference) => ({
      hasSession: store.find(appId, reference.sessionId) !== undefined,
      track: 'by' in reference ? directory.locate(appId, reference) : undefined,
      channel: 'by' in reference ? undefined : dataDirectory.locate(appId, reference.sessionId, reference.dataChannelName),
    }),
    countSubscribers: (publicationId) => countSubscribers(store, publicationId),
  });
}
