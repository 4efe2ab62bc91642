import type { KeyObject } from 'node:crypto';
import type { App } from '@causeway/accounts';
import type { AppId } from '@causeway/protocol';
import { appKeys } from '../redis/keys.ts';
import { loadLuaScript, type RedisLink } from '../redis/redis-link.ts';
import { type AppReading, type AppRecord, isSignedAs, MAX_RECORD_AGE_MS, readAppRecord, writeAppRecord } from './app-record.ts';

export interface AppRecordsOptions {
  readonly link: RedisLink;
  /** Used for no other purpose. */
  readonly key: KeyObject;
  /** The time by the cluster's clock, which continues while Redis is unavailable. */
  readonly clusterNowMs: () => number;
}

export interface StoredApp {
  /** Empty if there is no record. */
  readonly text: string;
  readonly reading: AppReading;
}

/** The signed records of apps in Redis. */
export class AppRecords {
  readonly #options: AppRecordsOptions;
  readonly #replaceScript = loadLuaScript('app-replace');

  constructor(options: AppRecordsOptions) {
    this.#options = options;
  }

  /** @throws SfuError `registry_unavailable`; Error if the value is not text */
  async read(id: AppId): Promise<StoredApp> {
    const { link, key, clusterNowMs } = this.#options;
    const reply = await link.send(['GET', appKeys(id).record]);
    const text = typeof reply === 'string' ? reply : '';
    return { text, reading: readAppRecord(text, id, clusterNowMs(), key) };
  }

  /** Whether a record that was read has the same content as the one that would be written for the app. */
  says(signedApp: unknown, app: App): boolean {
    return isSignedAs(signedApp, app, this.#options.key);
  }

  /**
   * Signs an app and writes it. The record expires when it would no longer be accepted.
   *
   * @param formerText the text that was read before; if the stored text differs from it, nothing is written
   * @returns whether it was written
   * @throws SfuError `registry_unavailable`
   */
  async replace(formerText: string, record: Omit<AppRecord, 'issuedAtMs'>): Promise<boolean> {
    const { link, key, clusterNowMs } = this.#options;
    const text = writeAppRecord({ ...record, issuedAtMs: Math.round(clusterNowMs()) }, key);
    const words = [formerText, text, MAX_RECORD_AGE_MS];
    return (await link.run(this.#replaceScript, [appKeys(record.app.id).record], words)) === 1;
  }
}
