import type { EdgeLab } from './edge/edge-lab.ts';
import type { Finding } from './finding.ts';
import type { Lab, LabNeeds } from './lab.ts';

/** Whether a scenario runs as its issue says, or as short as still tells something. */
export type Thoroughness = 'short' | 'whole';

interface ScenarioTitle {
  /** On the command line. */
  readonly name: string;
  /** The lines of the fault list that it covers, and of the list of things to be shown. */
  readonly covers: readonly string[];
  readonly title: string;
}

/** Something that goes wrong in a cluster of three regions, and what must hold all the same. */
export interface ClusterScenario extends ScenarioTitle {
  readonly place?: 'cluster';
  readonly needs?: LabNeeds;
  run(lab: Lab, thoroughness: Thoroughness): Promise<readonly Finding[]>;
}

/** Something that goes wrong between one node and the network it is connected to. */
export interface EdgeScenario extends ScenarioTitle {
  readonly place: 'edge';
  run(lab: EdgeLab, thoroughness: Thoroughness): Promise<readonly Finding[]>;
}

export type Scenario = ClusterScenario | EdgeScenario;
