/** Everything that an embedder needs, from one package. */
export * from '@causeway/gateway';
export { SfuError, type TokenGrants } from '@causeway/protocol';
export { createSfu, type DataParticipant, type Sfu, type SfuEvent, type SfuOptions, type SfuWatcher } from '@causeway/sfu';
