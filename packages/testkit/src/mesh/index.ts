export * from './mesh-shard.ts';
export * from './recording-shard.ts';
export * from './scripted-client.ts';
export * from './scripted-codecs.ts';
export * from './seeded-bytes.ts';
export * from './virtual-mesh.ts';
