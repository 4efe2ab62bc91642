import type { IceCredentials, TransportPlan } from '@causeway/media';
import { CLEAN_LINK, type Impairment, VirtualLink } from './virtual-link.ts';
import type { VirtualWorld } from './virtual-world.ts';

/** The two directions of the path between two engines. */
export interface WorldLink {
  /** The direction from the initiator to the acceptor. */
  readonly there: VirtualLink;
  readonly back: VirtualLink;
  /** The plans under which each of the two can open its half of a link. */
  readonly plans: { readonly initiator: TransportPlan; readonly acceptor: TransportPlan };
}

/**
 * Creates a network path between two worlds that share a clock, and the plans for a link over it. Nothing is opened.
 *
 * @param linkId the transport's id at both ends
 */
export function layPath(initiator: VirtualWorld, acceptor: VirtualWorld, linkId: string, impairment: Impairment = CLEAN_LINK): WorldLink {
  const there = new VirtualLink(initiator.random, impairment, () => undefined);
  const back = new VirtualLink(initiator.random, impairment, () => undefined);
  initiator.network.addRoute(acceptor.address, acceptor.port, { up: back, down: there });
  acceptor.network.addRoute(initiator.address, initiator.port, { up: there, down: back });
  const ours: IceCredentials = { ufrag: `${linkId}-initiator`, password: `password-of-${linkId}-initiator` };
  const theirs: IceCredentials = { ufrag: `${linkId}-acceptor`, password: `password-of-${linkId}-acceptor` };
  const shared = { transportId: linkId, isLink: true, remoteFingerprints: [] };
  const reach = [{ address: acceptor.address, port: acceptor.port }];
  return {
    there,
    back,
    plans: {
      initiator: { ...shared, local: ours, remote: theirs, dtlsRole: 'client', reach },
      acceptor: { ...shared, local: theirs, remote: ours, dtlsRole: 'server' },
    },
  };
}

/** Like `layPath`, but both ends also open the link, which is up after two round trips of `VirtualWorld.run`. */
export function connectWorlds(
  initiator: VirtualWorld,
  acceptor: VirtualWorld,
  linkId: string,
  impairment: Impairment = CLEAN_LINK,
): WorldLink {
  const link = layPath(initiator, acceptor, linkId, impairment);
  acceptor.engine.handleCommand(acceptor.nowMs, { type: 'open-transport', plan: link.plans.acceptor });
  initiator.engine.handleCommand(initiator.nowMs, { type: 'open-transport', plan: link.plans.initiator });
  return link;
}

/** Opens a plain transport of the same id in both worlds, each bound to a path to the other, like a link between worker threads. */
export function joinWorlds(one: VirtualWorld, other: VirtualWorld, linkId: string, impairment: Impairment): WorldLink {
  const link = layPath(one, other, linkId, impairment);
  const { initiator, acceptor } = link.plans;
  one.engine.handleCommand(one.nowMs, { type: 'open-transport', plan: { ...initiator, security: 'none' } });
  other.engine.handleCommand(other.nowMs, { type: 'open-transport', plan: { ...acceptor, security: 'none' } });
  one.engine.bindPath(one.nowMs, linkId, one.network.openPath(other.address, other.port));
  other.engine.bindPath(other.nowMs, linkId, other.network.openPath(one.address, one.port));
  return link;
}
