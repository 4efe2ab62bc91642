/**
 * In which order contestants are measured: each once a round, so that drift of the machine meets all of them alike, and with
 * the start moved on by one from round to round, so that none always follows the same neighbour's heat.
 */
export function interleave<Contestant>(contestants: readonly Contestant[], rounds: number): Contestant[] {
  return Array.from({ length: rounds }, (_, round) => {
    const first = round % contestants.length;
    return [...contestants.slice(first), ...contestants.slice(0, first)];
  }).flat();
}
