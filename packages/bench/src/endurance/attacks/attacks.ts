import type { Attack } from './attack.ts';
import { ATTACKS_OF_CLIENTS } from './attacks-of-clients.ts';
import { ATTACKS_OF_STRANGERS } from './attacks-of-strangers.ts';

/** The attacks W01 to W12. */
export const ATTACKS: readonly Attack[] = [...ATTACKS_OF_STRANGERS, ...ATTACKS_OF_CLIENTS].sort((a, b) => a.name.localeCompare(b.name));
