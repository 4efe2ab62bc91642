export type * from './node-directory.ts';
export { StaticNodeDirectory } from './static-node-directory.ts';
