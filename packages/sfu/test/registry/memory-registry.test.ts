import { MemoryRegistry } from '../../src/registry/memory-registry.ts';
import { describeRegistry } from '../contract/describe-registry.ts';

describeRegistry('the registry in memory', async () => new MemoryRegistry());
