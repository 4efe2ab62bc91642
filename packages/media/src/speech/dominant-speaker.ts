/**
 * Decides who leads a conversation, from how much each participant has spoken over two spans of time. Someone takes over only by having
 * spoken more than the present speaker over both, so a cough, a door, or an approving "yes" changes nothing.
 *
 * The idea is from Volfin and Cohen, "Dominant speaker identification for multipoint videoconferencing" (2013).
 */
import type { SpeechReading } from './speech-meter.ts';

/** Three readings of an engine. A publication that was not reported for this long is silent. */
const FORGOTTEN_AFTER_MS = 700;
/** Someone with less speech than this in the last 1.5 s has merely made a noise. */
const MIN_SHARE = 0.25;
const MIN_RECENT_SHARE = 0.5;
const MARGIN = 0.1;
const RECENT_MARGIN = 0.2;
/** Two people who interrupt each other do not change the speaker more often. */
const MIN_TURN_MS = 1000;
/** After this much silence, even the same speaker counts as new. */
const LAPSES_AFTER_MS = 3000;

interface HeardSpeech extends SpeechReading {
  readonly atMs: number;
}

/** Finds the speaker of one conversation among the publications whose readings it is given. */
export class DominantSpeaker {
  readonly #heard = new Map<string, HeardSpeech>();
  #speaker: string | undefined = undefined;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #spokeAtMs = Number.NEGATIVE_INFINITY;

  /** Whether nothing about the conversation needs to be remembered. */
  isOver(nowMs: number): boolean {
    return nowMs - this.#spokeAtMs > LAPSES_AFTER_MS && [...this.#heard.values()].every(({ atMs }) => nowMs - atMs > FORGOTTEN_AFTER_MS);
  }

  /**
   * Takes the latest reading of one participant.
   *
   * @returns the participant if it has become the speaker, or is again after three seconds of silence
   */
  take(nowMs: number, id: string, reading: SpeechReading): string | undefined {
    this.#heard.set(id, { ...reading, atMs: nowMs });
    for (const [other, { atMs }] of this.#heard) if (nowMs - atMs > FORGOTTEN_AFTER_MS) this.#heard.delete(other);
    const speaks = reading.recentShare >= MIN_RECENT_SHARE && reading.share >= MIN_SHARE;
    if (id === this.#speaker) {
      const hasLapsed = nowMs - this.#spokeAtMs > LAPSES_AFTER_MS;
      if (speaks) this.#spokeAtMs = nowMs;
      return speaks && hasLapsed ? this.#change(nowMs, id) : undefined;
    }
    return speaks && this.#surpasses(nowMs, reading) ? this.#change(nowMs, id) : undefined;
  }

  /** Removes a participant who has left. */
  forget(id: string): void {
    this.#heard.delete(id);
    if (this.#speaker === id) this.#speaker = undefined;
  }

  #surpasses(nowMs: number, { share, recentShare, loudnessDb }: SpeechReading): boolean {
    if (this.#speaker === undefined) return this.#isFirst(share, loudnessDb);
    if (nowMs - this.#sinceMs < MIN_TURN_MS) return false;
    const present = this.#heard.get(this.#speaker);
    if (present === undefined) return this.#isFirst(share, loudnessDb);
    return recentShare > present.recentShare + RECENT_MARGIN && share > present.share + MARGIN && this.#isFirst(share, loudnessDb);
  }

  /** Whether no one else has spoken more; of two who have spoken as much, the louder one is first. */
  #isFirst(share: number, loudnessDb: number): boolean {
    for (const [id, other] of this.#heard) {
      if (id === this.#speaker) continue;
      if (other.share > share || (other.share === share && other.loudnessDb > loudnessDb)) return false;
    }
    return true;
  }

  #change(nowMs: number, id: string): string {
    this.#speaker = id;
    this.#sinceMs = nowMs;
    this.#spokeAtMs = nowMs;
    return id;
  }
}
