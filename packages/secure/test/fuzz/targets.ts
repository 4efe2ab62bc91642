import type { FuzzTargetFactory } from '@causeway/testkit/fuzz';
import { dtlsTargets } from './dtls-targets.ts';
import { srtpTargets } from './srtp-targets.ts';

export const fuzzTargets: readonly FuzzTargetFactory[] = [...srtpTargets, ...dtlsTargets];
