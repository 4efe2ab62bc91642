import type { Clock } from '@causeway/sfu';

/** The part of a clock that intervals need. */
export type Timers = Pick<Clock, 'nowMs' | 'schedule'>;
