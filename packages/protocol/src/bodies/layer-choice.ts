import { z } from 'zod';

const Rid = z.string().regex(/^[A-Za-z0-9_-]{1,32}$/, 'must be 1 to 32 letters, digits, "_" or "-"');

/** Simulcast choice in the words of the Cloudflare Realtime API. */
export const SimulcastChoice = z.object({
  preferredRid: Rid.optional(),
  priorityOrdering: z.enum(['none', 'asciibetical']).optional(),
  ridNotAvailable: z.enum(['none', 'asciibetical']).optional(),
});
export type SimulcastChoice = z.infer<typeof SimulcastChoice>;

/** Which layer of a track a subscriber wants, and how much it matters. Part of subscribe and update items. */
export const layerChoiceFields = {
  simulcast: SimulcastChoice.optional(),
  quality: Rid.optional().meta({ description: '`auto` (default), `high`, `medium`, `low`, or the rid of a layer' }),
  maxWidth: z.int().positive().max(16_384).optional().meta({ description: 'Largest picture width wanted, in pixels' }),
  maxHeight: z.int().positive().max(16_384).optional().meta({ description: 'Largest picture height wanted, in pixels' }),
  maxFps: z.number().positive().max(1000).optional().meta({ description: 'Highest frame rate wanted, in frames per second' }),
  maxBitrate: z.int().positive().max(1_000_000_000).optional().meta({ description: 'Highest bitrate wanted, in bits per second' }),
  maxTemporalLayer: z.int().nonnegative().max(7).optional().meta({ description: 'Highest temporal layer wanted; 0 is the base layer' }),
  priority: z.number().positive().max(1000).optional().meta({ description: 'Share when bandwidth is short, relative to 1 (default)' }),
  paused: z.boolean().optional().meta({ description: 'Keeps the media line but sends nothing on it' }),
};
