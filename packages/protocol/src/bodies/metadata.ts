import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { utf8SizeBytes } from '../utf8-size.ts';

/** Text that an app attaches to a session; the SFU stores and lists it and gives it no meaning. */
export const Metadata = z
  .string()
  .refine((text) => utf8SizeBytes(text) <= LIMITS.maxMetadataBytes, `must be at most ${LIMITS.maxMetadataBytes} bytes of UTF-8`)
  .meta({ description: `Custom text about the session, at most ${LIMITS.maxMetadataBytes} bytes` });
