/**
 * Measures how much speech there is on one publication, from the audio levels in its packets (RFC 6464). A level counts as speech if it is
 * well above the noise floor, which follows the quietest levels, so that a fan or a publisher that always claims to be loud is soon silent
 * here.
 *
 * The idea of several time scales is from Volfin and Cohen, "Dominant speaker identification for multipoint videoconferencing" (2013).
 */

/** Opus and G.711 usually send a packet every 20 ms. */
const SLOT_MS = 20;
/** More than the long scale, and a power of two. */
const SLOTS = 128;
const LONG_SLOTS = 75;
const RECENT_SLOTS = 15;
/** A level holds until the next packet, but not for longer than a packet of Opus can last (RFC 6716 §3.2.5). */
const HELD_SLOTS = 6;
/** A slot before all others; a small integer, for which V8 allocates no object. */
const LONG_AGO = -SLOTS;
/** The level of silence, and the range of levels (RFC 6464 §3). */
const SILENCE_DBOV = 127;
/** A quiet room with a headset. No floor is lower, so that faint noise never counts as speech. */
const LOWEST_FLOOR_DB = 52;
const SPEECH_ABOVE_FLOOR_DB = 10;
/** The floor rises by a sixteenth of a decibel per slot, about 3 dB per second. Speech pauses every few seconds and lowers it again. */
const FLOOR_UNITS_PER_DB = 16;

/** How much speech there was, over two spans of time. */
export interface SpeechReading {
  /** Share of the last 1.5 s with speech, 0 to 1. */
  readonly share: number;
  /** Share of the last 0.3 s with speech, 0 to 1. */
  readonly recentShare: number;
  /** Mean loudness of the speech of the last 0.3 s above the noise floor, in dB. */
  readonly loudnessDb: number;
}

export class SpeechMeter {
  readonly trackId: string;
  /** Decibels above the floor in each slot; 0 without speech. */
  readonly #slots = new Uint8Array(SLOTS);
  #slot = 0;
  /** The slot of the newest packet. */
  #packetSlot = LONG_AGO;
  #held = 0;
  #floor = LOWEST_FLOOR_DB * FLOOR_UNITS_PER_DB;

  constructor(trackId: string) {
    this.trackId = trackId;
  }

  /**
   * Takes the level of a packet.
   *
   * @param levelDbov 0 (loudest) to 127 (silence), in -dBov
   * @returns whether it is speech
   */
  note(nowMs: number, levelDbov: number): boolean {
    const slot = this.#advance(nowMs);
    const loudnessDb = SILENCE_DBOV - levelDbov;
    this.#updateFloor(loudnessDb, slot - this.#packetSlot);
    this.#packetSlot = slot;
    const aboveFloorDb = loudnessDb - this.#floor / FLOOR_UNITS_PER_DB;
    this.#held = aboveFloorDb >= SPEECH_ABOVE_FLOOR_DB ? Math.floor(aboveFloorDb) : 0;
    this.#slots[slot & (SLOTS - 1)] = this.#held;
    return this.#held > 0;
  }

  read(nowMs: number): SpeechReading {
    const newest = this.#advance(nowMs);
    let spoken = 0;
    let recent = 0;
    let loudness = 0;
    for (let age = 0; age < LONG_SLOTS; age++) {
      const aboveFloorDb = this.#slots[(newest - age) & (SLOTS - 1)];
      if (aboveFloorDb === 0) continue;
      spoken++;
      if (age >= RECENT_SLOTS) continue;
      recent++;
      loudness += aboveFloorDb;
    }
    return { share: spoken / LONG_SLOTS, recentShare: recent / RECENT_SLOTS, loudnessDb: recent === 0 ? 0 : loudness / recent };
  }

  /** Fills the slots since the last one: with the last level while its packet may last, then with silence. @returns the slot of `nowMs` */
  #advance(nowMs: number): number {
    const slot = Math.floor(nowMs / SLOT_MS);
    for (let passed = Math.max(this.#slot + 1, slot - SLOTS + 1); passed <= slot; passed++) {
      this.#slots[passed & (SLOTS - 1)] = passed - this.#packetSlot <= HELD_SLOTS ? this.#held : 0;
    }
    this.#slot = Math.max(this.#slot, slot);
    return this.#slot;
  }

  /** @param passedSlots since the last packet. After a gap, as in discontinuous transmission, the floor starts again. */
  #updateFloor(loudnessDb: number, passedSlots: number): void {
    const raised = passedSlots > HELD_SLOTS ? 0 : this.#floor + passedSlots;
    this.#floor = Math.max(LOWEST_FLOOR_DB * FLOOR_UNITS_PER_DB, Math.min(raised, loudnessDb * FLOOR_UNITS_PER_DB));
  }
}
