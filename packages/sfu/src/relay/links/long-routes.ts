/**
 * Routes that nodes of earlier versions do not accept. Such a node considers a message with a long route faulty and closes the link, so
 * messages to it must not contain any.
 */
import {
  type ControlMessage,
  type ControlMessageOf,
  LONG_ROUTES_VERSION,
  MAX_SHORT_ROUTE_NODES,
  type ToldHop,
} from './control-messages.ts';

/** Whether a node of that version accepts a message, as far as its route is concerned. */
export function acceptsRoute(version: number, message: ControlMessage): boolean {
  return version >= LONG_ROUTES_VERSION || !('route' in message) || isShort(message.route);
}

/** Leaves out of a report about a track the long routes, which a node of that version does not accept: how distant hops were chosen. */
export function pathToldTo(version: number, told: ControlMessageOf<'path-told'>): ControlMessageOf<'path-told'> {
  if (version >= LONG_ROUTES_VERSION) return told;
  return { ...told, own: withShortRoutes(told.own), hops: told.hops.map((hop) => withShortRoutes(hop)) };
}

function withShortRoutes<Hop extends Pick<ToldHop, 'route' | 'alternative'>>({ route, alternative, ...hop }: Hop) {
  return {
    ...hop,
    ...(route && isShort(route) && { route }),
    ...(alternative && isShort(alternative.route) && { alternative }),
  };
}

function isShort(route: readonly number[]): boolean {
  return route.length <= MAX_SHORT_ROUTE_NODES;
}
