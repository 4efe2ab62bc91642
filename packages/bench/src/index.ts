export * from './data/data-client.ts';
export * from './processes/request-channel.ts';
