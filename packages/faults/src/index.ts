export * from './cluster/cluster-options.ts';
export * from './cluster/region-plan.ts';
export * from './network/impaired-line.ts';
export * from './network/impairment.ts';
export * from './network/wire-tally.ts';
export * from './processes/project-root.ts';
