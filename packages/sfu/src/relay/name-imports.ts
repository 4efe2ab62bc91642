/**
 * Names of other nodes' tracks or data channels that local sessions follow. The owners are asked to report when another
 * publication takes such a name.
 */
import { nodeNoOf, parseSessionId } from '@causeway/protocol';
import { type NameWatcher, nameKey } from '../session/track-directory.ts';
import type { NodeLink } from './links/node-link.ts';
import type { RouteFinder } from './path/route-finder.ts';
import type { RelayedRecord } from './relayed-kind.ts';

interface FollowedName {
  readonly followId: number;
  readonly appId: string;
  readonly sessionId: string;
  readonly name: string;
  readonly ownerNo: number;
  /** The neighbour that was asked; undefined while there is no route to the owner. */
  asked: { readonly link: NodeLink; readonly transportId: string | undefined } | undefined;
}

export interface NameImportsOptions {
  readonly followType: 'follow' | 'follow-data';
  /** The lowest version of the link protocol with which a node can be asked. */
  readonly minVersion: number;
  /** Numbers the names of tracks and of data channels in one sequence. */
  readonly nextFollowId: () => number;
  /** Publications that already arrive from other nodes. */
  readonly known: () => readonly RelayedRecord[];
  readonly routes: RouteFinder;
  readonly linkTo: (nodeNo: number) => NodeLink | undefined;
}

export class NameImports implements NameWatcher {
  readonly #options: NameImportsOptions;
  readonly #names = new Map<string, FollowedName>();
  /** Apps of sessions whose tracks this node passes on without subscribing to them. */
  readonly #apps = new Map<string, string>();

  constructor(options: NameImportsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#names.size;
  }

  noteApp(sessionId: string, appId: string): void {
    if (this.#ownerOf(sessionId) !== undefined) this.#apps.set(sessionId, appId);
  }

  onNameFollowed(sessionId: string, name: string): void {
    const ownerNo = this.#ownerOf(sessionId);
    const appId = this.#appOf(sessionId);
    if (ownerNo === undefined || appId === undefined) return;
    const followed: FollowedName = { followId: this.#options.nextFollowId(), appId, sessionId, name, ownerNo, asked: undefined };
    this.#names.set(nameKey(sessionId, name), followed);
    this.#ask(followed);
  }

  onNameReleased(sessionId: string, name: string): void {
    const followed = this.#names.get(nameKey(sessionId, name));
    if (followed === undefined) return;
    this.#names.delete(nameKey(sessionId, name));
    if (![...this.#names.values()].some((other) => other.sessionId === sessionId)) this.#apps.delete(sessionId);
    this.#withdraw(followed);
  }

  /** @returns whether this node has asked that neighbour about a name of that session */
  isAnswer(link: NodeLink, followId: number, sessionId: string): boolean {
    const followed = [...this.#names.values()].find((each) => each.followId === followId);
    return followed?.asked?.link === link && sessionId === followed.sessionId;
  }

  /**
   * Links have changed: there is another route, a link with a new life that has forgotten earlier requests, or a node
   * that has come back.
   */
  onRoutesChanged(): void {
    for (const followed of this.#names.values()) this.#ask(followed);
  }

  #ask(followed: FollowedName): void {
    const route = this.#options.routes.cheapest(followed.ownerNo)?.nodes;
    const link = route?.[1] === undefined ? undefined : this.#options.linkTo(route[1]);
    const { asked } = followed;
    if (route === undefined || link === undefined || !link.isUp || link.version < this.#options.minVersion) return;
    if (asked?.link === link && asked.transportId === link.transportId) return;
    this.#withdraw(followed);
    const { followId, appId, sessionId, name } = followed;
    const { followType: type } = this.#options;
    if (link.send({ type, followId, appId, sessionId, name, route })) followed.asked = { link, transportId: link.transportId };
  }

  #withdraw(followed: FollowedName): void {
    const { asked, followId } = followed;
    followed.asked = undefined;
    if (asked !== undefined && asked.link.transportId === asked.transportId) asked.link.send({ type: 'unfollow', followId });
  }

  #ownerOf(sessionId: string): number | undefined {
    const parsed = parseSessionId(sessionId);
    const ownerNo = parsed === undefined ? undefined : nodeNoOf(parsed);
    return ownerNo === this.#options.routes.selfNo ? undefined : ownerNo;
  }

  #appOf(sessionId: string): string | undefined {
    const known = this.#options.known().find((record) => record.sessionId === sessionId);
    return known?.appId ?? this.#apps.get(sessionId);
  }
}
