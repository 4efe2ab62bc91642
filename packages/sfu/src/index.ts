export type { Sfu, SfuStats } from './sfu.ts';
