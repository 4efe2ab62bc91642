import type { App } from '@causeway/accounts';
import type { OptionValues } from './options.ts';

/** All that the daemon needs to know to start, complete and checked. */
export interface Config extends Omit<OptionValues, 'appId' | 'appSecret'> {
  /** Empty if none is configured: the daemon then makes one up. */
  readonly apps: readonly App[];
}
