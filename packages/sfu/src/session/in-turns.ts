import { atOnce, type InPieces } from '../negotiation/index.ts';
import type { DescriptionTurns } from '../overload/description-turns.ts';

/** What a description of so many m-sections leads to takes less than a millisecond. */
export const SHORT_SECTIONS = 32;

/**
 * Does pure work that a description leads to: at once if it is short, otherwise in pieces, as the description itself was read.
 *
 * @param sectionCount m-sections of the description
 */
export async function inTurns<Result>(
  appId: string,
  sectionCount: number,
  work: InPieces<Result>,
  turns: DescriptionTurns,
): Promise<Result> {
  if (sectionCount <= SHORT_SECTIONS) return atOnce(work);
  const { result } = await turns.run(appId, 0, () => {
    const { done, value } = work.next();
    return done === true ? { result: value } : undefined;
  });
  return result;
}
