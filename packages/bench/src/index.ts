export * from './processes/request-channel.ts';
