import type { RunningCluster } from './running-cluster.ts';

/** Returns the text shown once all regions are ready, with everything that the user needs to copy. */
export function describeCluster({ nodes, app }: Pick<RunningCluster, 'nodes' | 'app'>): string {
  const [first] = nodes;
  const regions = new Set(nodes.map(({ plan }) => plan.region)).size;
  const what = nodes.length === regions ? `${regions} regions are` : `${nodes.length} nodes in ${regions} regions are`;
  const pages = nodes.map(
    ({ plan }) => `  ${plan.name.padEnd(12)} http://localhost:${plan.httpPort}/#app=${app.appId}&secret=${app.secret}`,
  );
  return `
  ${what} running and behave as one service.

${pages.join('\n')}

  App id       ${app.appId}
  App secret   ${app.secret}

  Try it       publish on the first page, watch on the second; a session of one node is known to all:
               curl -H 'Authorization: Bearer ${app.secret}' http://localhost:${first?.plan.httpPort}/api/sfu/${app.appId}/sessions
  Break it     kill -9 one of them, and the others go on: ${nodes.map(({ plan, child }) => `${plan.name} ${child.pid}`).join(', ')}
  Stop it      Ctrl+C

`;
}
