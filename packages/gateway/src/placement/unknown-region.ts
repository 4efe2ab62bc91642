import { SfuError } from '@causeway/protocol';

/** The error for a region that no node was ever seen in; where they are only gone for now, it is `no_capacity`. */
export function unknownRegion(region: string, known: readonly string[]): SfuError {
  const regions = [...known].sort();
  return new SfuError('invalid_params', `region "${region}" is not one of ${regions.join(', ')}`, { details: { path: 'region', regions } });
}
