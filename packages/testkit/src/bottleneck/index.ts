export * from './bottleneck.ts';
export * from './capacity.ts';
export type { TcpKind } from './congestion-window.ts';
export * from './elastic-source.ts';
export * from './feedback-peer.ts';
export * from './network-conditions.ts';
export * from './simulation.ts';
export * from './tcp-flow.ts';
