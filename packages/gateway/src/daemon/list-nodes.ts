import type { AdminNode } from '@causeway/protocol';
import type { LinkInspection, NodeDirectory, NodeRecord, Sfu } from '@causeway/sfu';
import type { Config } from '../config/load-config.ts';
import { API_VERSION } from '../openapi/openapi-document.ts';
import type { Lifecycle } from './lifecycle.ts';

/** What a node knows about itself and, in a cluster, about others. */
export interface NodeSources {
  readonly config: Pick<Config, 'nodeNumber' | 'region' | 'location'>;
  readonly sfu: Pick<Sfu, 'load' | 'udpPort' | 'inspect'>;
  readonly lifecycle: Pick<Lifecycle, 'isDraining'>;
  /** Undefined for a standalone node. */
  readonly directory: Pick<NodeDirectory, 'self' | 'others'> | undefined;
}

/** Lists all live nodes as the admin API shows them, by number. */
export async function listNodes({ config, sfu, lifecycle, directory }: NodeSources): Promise<readonly AdminNode[]> {
  if (directory !== undefined) {
    const links = (await sfu.inspect()).relay?.links ?? [];
    const others = directory.others.map((node) => ({ ...nodeBody(node), ...linkBody(links.find(({ nodeNo }) => nodeNo === node.nodeNo)) }));
    const nodes = [{ ...nodeBody(directory.self), isSelf: true, mediaPort: sfu.udpPort }, ...others];
    return nodes.toSorted((a, b) => a.nodeNo - b.nodeNo);
  }
  const { share, isFull } = sfu.load();
  const state = lifecycle.isDraining ? 'draining' : isFull ? 'stressed' : 'serving';
  const { nodeNumber: nodeNo, region, location } = config;
  const placed = location === undefined ? {} : { location };
  return [{ nodeNo, region, state, load: share, version: API_VERSION, ...placed, isSelf: true, mediaPort: sfu.udpPort }];
}

function nodeBody({ nodeNo, region, state, load, softwareVersion, location }: NodeRecord): AdminNode {
  return { nodeNo, region, state, load, version: softwareVersion, ...(location === undefined ? {} : { location }), isSelf: false };
}

function linkBody(link: LinkInspection | undefined): Pick<AdminNode, 'link'> {
  if (link === undefined) return {};
  const { state, rttMs, lossRatio } = link;
  return { link: { state, ...(rttMs === undefined ? {} : { rttMs }), ...(lossRatio === undefined ? {} : { lossRatio }) } };
}
