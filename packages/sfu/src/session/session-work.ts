/**
 * Schedules the work of a session: its calls run one at a time, and long consequences of a call are spread over several
 * turns of the event loop.
 */
import { type AppId, SfuError } from '@causeway/protocol';
import { DEFAULT_SDP_LIMITS, type SdpDescription, SdpReader, writeSdpSection, writeSdpSession } from '@causeway/wire';
import { atOnce, type InPieces, type OwnDescription } from '../negotiation/index.ts';
import type { DescriptionTurns } from '../overload/description-turns.ts';
import type { SessionParts } from './session-parts.ts';

/** If more calls than these wait for one session, the client is in a loop. */
const MAX_WAITING = 256;
const RETRY_AFTER_MS = 1_000;

/** Runs the calls of one session one at a time, in order of arrival. */
export class Lane {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @throws rate_limited – too many calls are already waiting */
  run<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.#waiting >= MAX_WAITING) {
      throw new SfuError('rate_limited', `${MAX_WAITING} calls of this session are already waiting`, { retryAfterMs: RETRY_AFTER_MS });
    }
    this.#waiting++;
    const result = this.#last.then(call).finally(() => this.#waiting--);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** About 30 us of work. */
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

/** Returns the text of a description, written one m-section at a time. Changes to the session in that time do not affect it. */
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

/** Applying a description of so few m-sections takes less than a millisecond. */
export const SHORT_SECTIONS = 32;

/**
 * Does pure work that follows from a description: at once if it is short, otherwise in pieces, as the description
 * itself was read.
 *
 * @param sectionCount number of m-sections of the description
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

/** Enough for ordinary changes to finish before the call that makes them returns. */
const STEPS_AT_ONCE = 32;
/** About 50 us of work. */
const STEPS_PER_PIECE = 8;

export interface GradualOptions {
  readonly appId: string;
  readonly turns: DescriptionTurns;
  /** A step has failed in a later turn, outside any call. */
  readonly onDefect: (error: unknown) => void;
}

/**
 * Does the first steps of some work at once and the others in later turns of the event loop. New work replaces
 * unfinished work, and must itself determine what remains to be done.
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

  /** Resolves once no work remains; work that was stopped counts as finished. */
  async settled(): Promise<void> {
    for (let latest: unknown; latest !== this.#settled; ) {
      latest = this.#settled;
      await latest;
    }
  }

  /** Runs steps. A step may begin other work, which replaces this. @returns whether this work is finished */
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
