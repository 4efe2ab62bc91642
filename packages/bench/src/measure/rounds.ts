/**
 * Returns the order of measurements. Each contestant is measured once per round, so that drift of the machine affects all alike, and
 * each round starts with the next contestant, so that none always follows the same one.
 */
export function interleave<Contestant>(contestants: readonly Contestant[], rounds: number): Contestant[] {
  return Array.from({ length: rounds }, (_, round) => {
    const first = round % contestants.length;
    return [...contestants.slice(first), ...contestants.slice(0, first)];
  }).flat();
}
