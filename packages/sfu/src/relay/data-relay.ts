/** Wires together the relaying of data channels. */
import type { DataSubscriptionPlan, EngineEvent } from '@causeway/media';
import type { DataChannelCloseReason } from '../events.ts';
import type { DataChannelRecord } from '../registry/index.ts';
import { type DataDirectory, dataNameKey } from '../session/data/data-directory.ts';
import { type DataExport, DataExports, type DataWant } from './data-export.ts';
import { DataKind, type DataLeg } from './data-kind.ts';
import { type ControlMessage, LINK_DATA_VERSION } from './links/control-messages.ts';
import type { NodeLink } from './links/node-link.ts';
import { dataNames, NameExports } from './name-exports.ts';
import { NameImports } from './name-imports.ts';
import { RelayExporter } from './relay-exporter.ts';
import { RelayImporter } from './relay-importer.ts';
import { RelaySide } from './relay-side.ts';
import type { RelayedDirectory } from './relayed-kind.ts';
import type { RelaySideOptions } from './track-relay.ts';

export interface DataRelayOptions extends RelaySideOptions {
  readonly directory: DataDirectory;
  /** Subscriptions of sessions have ended because the link could not keep up with reliable messages. */
  readonly onOverflow: (subscriptionIds: readonly string[]) => void;
}

export interface DataRelay
  extends RelaySide<DataChannelRecord, DataSubscriptionPlan, DataLeg, DataChannelCloseReason, DataWant, DataExport> {
  /** @returns whether the event was about something that crosses a link, and so concerns no session */
  handleEvent(event: EngineEvent): boolean;
}

export function createDataRelay(options: DataRelayOptions): DataRelay {
  const { shard, linkTo, routes, directory, clock, nextId, beforeAsking, onDefect, onOverflow } = options;
  const kind = new DataKind(shard, directory);
  const importer = new RelayImporter({
    kind,
    linkTo,
    routes,
    directory: relayedDirectory(directory),
    clock,
    nextWantId: nextId,
    beforeAsking,
    onOverflow,
  });
  const names = new NameImports({
    followType: 'follow-data',
    minVersion: LINK_DATA_VERSION,
    nextFollowId: nextId,
    known: () => importer.all().map(({ record }) => record),
    routes,
    linkTo,
  });
  const exporter = new RelayExporter({
    kind: new DataExports({ shard, selfNo: routes.selfNo, directory, onDefect }),
    routes,
    importer,
  });
  const nameExports = new NameExports({
    names: dataNames(directory, onDefect),
    noteApp: (sessionId, appId) => names.noteApp(sessionId, appId),
  });
  directory.watch({
    onNameFollowed: (sessionId, name) => names.onNameFollowed(sessionId, name),
    onNameReleased: (sessionId, name) => names.onNameReleased(sessionId, name),
    onReplyRightClaimed(sessionId, name) {
      const source = importer.find(directory.findNamed(sessionId, name)?.publicationId ?? '');
      if (source?.inUse !== undefined) kind.moved(source.inUse, source.record);
    },
  });

  function handleOwn(link: NodeLink, message: ControlMessage): boolean {
    switch (message.type) {
      case 'data-name-taken':
        if (!names.isAnswer(link, message.followId, message.channel.sessionId)) return false;
        importer.admitNamed(message.channel, (known) => known);
        return true;
      case 'claim-reply':
        exporter.find(link.transportId ?? '', message.wantId)?.claimReply();
        return true;
      case 'reply-claimed':
        revokeReply(link, message.wantId);
        return true;
      default:
        return false;
    }
  }

  /** On a route that this node has left, claims are older than its own. */
  function revokeReply(link: NodeLink, wantId: number): void {
    const want = importer.findWant(link, wantId);
    if (want === undefined || want.source.inUse !== want.leg) return;
    const { sessionId, dataChannelName } = want.source.record;
    directory.revokeReplyRight(dataNameKey(sessionId, dataChannelName));
  }

  function handleEvent(event: EngineEvent): boolean {
    switch (event.type) {
      case 'data-publication-closed':
        return importer.onLegClosed(event.publicationId);
      case 'data-subscription-closed': {
        const ended = exporter.all.find(({ subscriptionId }) => subscriptionId === event.subscriptionId);
        ended?.onSubscriptionClosed(event.reason);
        // Subscriptions of sessions are released here, and the sessions are told.
        if (ended === undefined) importer.releaseSubscriber(event.subscriptionId);
        return ended !== undefined;
      }
      case 'data-subscription-opened':
      case 'data-message-too-large':
      case 'data-buffered-low':
        return exporter.all.some(({ subscriptionId }) => subscriptionId === event.subscriptionId);
      default:
        return false;
    }
  }

  return Object.assign(new RelaySide({ importer, exporter, names, nameExports, handleOwn }), { handleEvent });
}

/** For followers of a name it makes no difference whether its channel has ended or never existed: the next one may take the name. */
function relayedDirectory(
  directory: DataDirectory,
): RelayedDirectory<DataChannelRecord, DataChannelCloseReason | 'rejected' | 'unreachable'> {
  return {
    recordOf: (publicationId) => directory.recordOf(publicationId),
    put: (record, how) => directory.put(record, how),
    confirmName: (publicationId) => directory.confirmName(publicationId),
    remove: (publicationId, reason) => directory.remove(publicationId, reason === 'rejected' ? 'channel_gone' : reason),
    forget: (publicationId) => directory.forget(publicationId),
    isFollowed: (publicationId) => directory.isFollowed(publicationId),
  };
}
