export * from './plain-suite.ts';
export * from './publishing-peer.ts';
export * from './receiving-peer.ts';
export * from './scripted-peer.ts';
export * from './seeded-random.ts';
export * from './video-source.ts';
export * from './virtual-link.ts';
export * from './virtual-world.ts';
