/** What a line between two regions does to datagrams in one direction, as in the virtual networks of the unit tests. */
export { type NetworkConditions as Impairment, PERFECT_CONDITIONS as UNIMPAIRED } from '@causeway/testkit';
