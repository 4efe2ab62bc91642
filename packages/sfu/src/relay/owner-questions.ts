/**
 * Asks the node that owns a session about one of its tracks or data channels, over links, if the registry does not
 * know. The question contains its route, and the answer returns along it; intermediate nodes keep no state.
 */
import type { CancelTimer, Clock } from '../clock.ts';
import type { OwnerAnswer, OwnerDataAnswer, OwnerReference } from '../session/remote-tracks.ts';
import { type ControlMessage, type ControlMessageOf, LINK_DATA_VERSION } from './links/control-messages.ts';
import type { NodeLink } from './links/node-link.ts';
import type { RouteFinder } from './path/route-finder.ts';
import { tellableDataChannel, tellableTrack } from './tellable-records.ts';

const ANSWER_TIMEOUT_MS = 1000;
/**
 * The number of questions that two calls may ask. It is less than a link carries in a second, so that one app's questions about invented
 * sessions leave room for those of others.
 */
const MAX_WAITING_OF_APP = 128;
const MAX_WAITING = 1024;

/** The answer to either kind of question. */
type Answer = OwnerAnswer & OwnerDataAnswer;
type Question = ControlMessageOf<'locate' | 'locate-data'>;

export interface OwnerQuestionsOptions {
  readonly routes: RouteFinder;
  readonly linkTo: (nodeNo: number) => NodeLink | undefined;
  readonly clock: Clock;
  /** Answers the questions of other nodes. */
  readonly answer: (appId: string, reference: OwnerReference) => Answer;
}

interface Waiting {
  readonly appId: string;
  readonly resolve: (answer: Answer | undefined) => void;
  readonly cancelTimer: CancelTimer;
}

export class OwnerQuestions {
  readonly #options: OwnerQuestionsOptions;
  readonly #waiting = new Map<number, Waiting>();
  #lastRequestId = 0;

  constructor(options: OwnerQuestionsOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** @returns undefined if there is no route to the owner, it does not answer within a second, or too many questions are already waiting */
  ask(owner: number, appId: string, reference: OwnerReference): Promise<Answer | undefined> {
    const { routes, linkTo, clock } = this.#options;
    if (!this.#hasRoomFor(appId)) return Promise.resolve(undefined);
    const route = routes.plan(owner, reference.sessionId, new Map())?.nodes;
    const link = route?.[1] === undefined ? undefined : linkTo(route[1]);
    const requestId = ++this.#lastRequestId;
    if (route === undefined || link === undefined) return Promise.resolve(undefined);
    const about = { requestId, route, at: 1, appId };
    const isAsked =
      'dataChannelName' in reference
        ? link.version >= LINK_DATA_VERSION && link.send({ type: 'locate-data', ...about, reference })
        : link.send({ type: 'locate', ...about, reference });
    if (!isAsked) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const cancelTimer = clock.schedule(ANSWER_TIMEOUT_MS, () => this.#settle(requestId, undefined));
      this.#waiting.set(requestId, { appId, resolve, cancelTimer });
    });
  }

  /** @returns whether the message was a question or an answer */
  handleMessage(message: ControlMessage): boolean {
    if (message.type === 'locate' || message.type === 'locate-data') this.#handleQuestion(message);
    else if (message.type === 'located' || message.type === 'data-located') this.#handleAnswer(message);
    else return false;
    return true;
  }

  close(): void {
    for (const requestId of [...this.#waiting.keys()]) this.#settle(requestId, undefined);
  }

  #hasRoomFor(appId: string): boolean {
    if (this.#waiting.size >= MAX_WAITING) return false;
    const ofApp = [...this.#waiting.values()].filter((waiting) => waiting.appId === appId);
    return ofApp.length < MAX_WAITING_OF_APP;
  }

  #handleQuestion(question: Question): void {
    const { route, at } = question;
    if (route[at] !== this.#options.routes.selfNo) return;
    if (at < route.length - 1) this.#pass(route[at + 1], { ...question, at: at + 1 });
    else this.#answer(question);
  }

  #answer(question: Question): void {
    const { requestId, route, at, appId, reference } = question;
    const { hasSession, track, channel } = this.#options.answer(appId, reference);
    const about = { requestId, route, at: at - 1, hasSession };
    if (question.type === 'locate') this.#pass(route[at - 1], { type: 'located', ...about, ...(track && { track: tellableTrack(track) }) });
    else this.#pass(route[at - 1], { type: 'data-located', ...about, ...(channel && { channel: tellableDataChannel(channel) }) });
  }

  #handleAnswer(answer: ControlMessageOf<'located' | 'data-located'>): void {
    const { requestId, route, at, hasSession } = answer;
    if (route[at] !== this.#options.routes.selfNo) return;
    if (at > 0) this.#pass(route[at - 1], { ...answer, at: at - 1 });
    else if (answer.type === 'located') this.#settle(requestId, { hasSession, track: answer.track, channel: undefined });
    else this.#settle(requestId, { hasSession, track: undefined, channel: answer.channel });
  }

  #pass(nodeNo: number | undefined, message: ControlMessage): void {
    if (nodeNo !== undefined) this.#options.linkTo(nodeNo)?.send(message);
  }

  #settle(requestId: number, answer: Answer | undefined): void {
    const waiting = this.#waiting.get(requestId);
    this.#waiting.delete(requestId);
    waiting?.cancelTimer();
    waiting?.resolve(answer);
  }
}
