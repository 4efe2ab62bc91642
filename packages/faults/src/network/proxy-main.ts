/** The process through which all links between the regions pass, so that its cost is in no node's figures. */
import { answerQuestions } from '@causeway/lab';
import { AccessNetwork } from './access-network.ts';
import type { ProxyVerbs } from './proxy-verbs.ts';
import { RegionNetwork } from './region-network.ts';
import { StreamProxy } from './stream-proxy.ts';

let network: RegionNetwork | undefined;
const accesses = new Map<number, AccessNetwork>();
const streams = new Map<string, StreamProxy>();

answerQuestions<ProxyVerbs>(process, {
  async open({ nodes, seed }) {
    network = await RegionNetwork.open(nodes, seed);
  },
  impairLinks: ({ between, impairment }) => openNetwork().impairLinks(impairment, between),
  impairApi: ({ node, impairment }) => openNetwork().impairApi(impairment, node),
  lastApiRequest: (node) => openNetwork().lastApiRequest(node),
  takeTally: () => openNetwork().takeTally(),
  async openAccess(request) {
    accesses.set(request.port, await AccessNetwork.open(request));
  },
  impairAccess: ({ port, impairment, direction }) => accesses.get(port)?.impair(impairment, direction),
  readAccess({ port, direction }) {
    const access = accesses.get(port);
    if (access === undefined) throw new Error(`There is no access at port ${port}`);
    return access.read(direction);
  },
  async openStream({ name, port, targetPort }) {
    streams.set(name, await StreamProxy.open(port, targetPort));
  },
  impairStream({ name, impairment }) {
    const proxy = streams.get(name);
    if (proxy === undefined) throw new Error(`There is no proxy "${name}"`);
    proxy.impair(impairment);
  },
});
// The process that started this one has ended, so this one must not remain.
process.once('disconnect', () => process.exit());
// A Ctrl+C at the terminal reaches the whole group, and the nodes say goodbye through these proxies first.
process.on('SIGINT', () => {});

function openNetwork(): RegionNetwork {
  if (network === undefined) throw new Error('The network was not opened');
  return network;
}
