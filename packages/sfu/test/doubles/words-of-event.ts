import type { EngineEvent } from '@causeway/media';

/** @returns an event as one line, in the order of its fields: `transport-closed alice internal_error` */
export function wordsOf(event: EngineEvent): string {
  return Object.values(event).join(' ');
}
