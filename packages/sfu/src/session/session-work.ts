/**
 * When the work of a session is done: its calls one after the other, and what one call leads to in several turns of the event loop if it
 * is long.
 */
import { type AppId, SfuError } from '@causeway/protocol';
import { DEFAULT_SDP_LIMITS, type SdpDescription, SdpReader, writeSdpSection, writeSdpSession } from '@causeway/wire';
import { atOnce, type InPieces, type OwnDescription } from '../negotiation/index.ts';
import type { DescriptionTurns } from '../overload/description-turns.ts';
import type { SessionParts } from './session-parts.ts';

/** More calls than these waiting for one session are not patience but a loop. */
const MAX_WAITING = 256;
const RETRY_AFTER_MS = 1_000;

/** Runs the calls of one session one after the other, in the order they came. */
export class Lane {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @throws rate_limited – too many calls wait already */
  run<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.#waiting >= MAX_WAITING) {
      throw new SfuError('rate_limited', `${MAX_WAITING} calls of this session are waiting already`, { retryAfterMs: RETRY_AFTER_MS });
    }
    this.#waiting++;
    const result = this.#last.then(call).finally(() => this.#waiting--);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** Some 30 us of work. */
const LINES_PER_PIECE = 32;

/** @throws invalid_session_description – the text is not SDP, or breaks a limit */
export async function readSdp(appId: AppId, sdp: string, { limits, descriptionTurns }: SessionParts): Promise<SdpDescription> {
  const { maxSdpLength, maxSections } = limits;
  const reader = new SdpReader(sdp, { ...DEFAULT_SDP_LIMITS, maxLength: maxSdpLength, maxSections });
  const parsed = await descriptionTurns.run(appId, sdp.length, () => reader.read(LINES_PER_PIECE));
  if (parsed.ok) return parsed.description;
  const details = parsed.line === undefined ? {} : { details: { line: parsed.line } };
  throw new SfuError('invalid_session_description', `the SDP ${parsed.reason}`, details);
}

/** The text of a description, written one m-section at a time; whatever happens to the session until then does not change it. */
export function writeDescription(
  appId: AppId,
  description: OwnDescription,
  { descriptionTurns }: Pick<SessionParts, 'descriptionTurns'>,
): Promise<string> {
  let text = writeSdpSession(description);
  let written = 0;
  return descriptionTurns.run(appId, 0, () => {
    const section = description.sectionAt(written++);
    if (section === undefined) return text;
    text += writeSdpSection(section);
    return undefined;
  });
}

/** What a description of so many m-sections leads to takes less than a millisecond. */
export const SHORT_SECTIONS = 32;

/**
 * Does pure work that a description leads to: at once if it is short, otherwise in pieces, as the description itself was read.
 *
 * @param sectionCount m-sections of the description
 */
export async function inTurns<Result>(
  appId: string,
  sectionCount: number,
  work: InPieces<Result>,
  turns: DescriptionTurns,
): Promise<Result> {
  if (sectionCount <= SHORT_SECTIONS) return atOnce(work);
  const { result } = await turns.run(appId, 0, () => {
    const { done, value } = work.next();
    return done === true ? { result: value } : undefined;
  });
  return result;
}

/** Ordinary changes are over when the call that makes them returns. */
const STEPS_AT_ONCE = 32;
/** Some 50 us of work. */
const STEPS_PER_PIECE = 8;

export interface GradualOptions {
  readonly appId: string;
  readonly turns: DescriptionTurns;
  /** A step has failed in a later turn, outside of any call. */
  readonly onDefect: (error: unknown) => void;
}

/**
 * Does the first steps of some work at once and the others in later turns of the event loop. Work that begins takes the place of what
 * was not over, and must itself find out what is left to be done.
 */
export class Gradual {
  readonly #options: GradualOptions;
  #work: InPieces<void> | undefined;
  #settled: Promise<void> = Promise.resolve();

  constructor(options: GradualOptions) {
    this.#options = options;
  }

  begin(work: InPieces<void>): void {
    this.#work = work;
    if (this.#do(work, STEPS_AT_ONCE)) return;
    const { appId, turns, onDefect } = this.#options;
    const rest = turns.run(appId, 0, () => this.#do(work, STEPS_PER_PIECE) || undefined);
    this.#settled = rest.then(() => undefined, onDefect);
  }

  stop(): void {
    this.#work = undefined;
  }

  /** Resolves when there is nothing left to be done; work that was stopped counts as over. */
  async settled(): Promise<void> {
    for (let latest: unknown; latest !== this.#settled; ) {
      latest = this.#settled;
      await latest;
    }
  }

  /** A step may lead to other work of this object, which then takes the place of this. @returns whether it is over */
  #do(work: InPieces<void>, steps: number): boolean {
    for (let step = 0; step < steps; step++) {
      if (this.#work !== work) return true;
      if (work.next().done === true) {
        if (this.#work === work) this.#work = undefined;
        return true;
      }
    }
    return this.#work !== work;
  }
}
