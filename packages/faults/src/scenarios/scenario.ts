import type { EdgeLab } from './edge/edge-lab.ts';
import type { Finding } from './finding.ts';
import type { Lab, LabNeeds } from './lab.ts';

/** Whether a scenario runs in its whole form, or only as long as it takes to tell something. */
export type Thoroughness = 'short' | 'whole';

interface ScenarioTitle {
  /** Its name on the command line. */
  readonly name: string;
  /** The lines that it covers in the list of faults and in the list of things to show. */
  readonly covers: readonly string[];
  readonly title: string;
}

/** A fault in a cluster of three regions, and what must hold all the same. */
export interface ClusterScenario extends ScenarioTitle {
  readonly place?: 'cluster';
  readonly needs?: LabNeeds;
  run(lab: Lab, thoroughness: Thoroughness): Promise<readonly Finding[]>;
}

/** A fault between one node and the network that it is connected to. */
export interface EdgeScenario extends ScenarioTitle {
  readonly place: 'edge';
  run(lab: EdgeLab, thoroughness: Thoroughness): Promise<readonly Finding[]>;
}

export type Scenario = ClusterScenario | EdgeScenario;
