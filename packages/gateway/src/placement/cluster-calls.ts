import type { IncomingMessage } from 'node:http';
import type { AssertionTrust, Principal } from '@causeway/accounts';
import type { AddressSet, CallClaims, GeoResolver } from '@causeway/cluster';
import type { NodeDirectory, NodeRecord } from '@causeway/sfu';
import type { Request } from 'express';
import { AssertionDesk } from '../forwarding/assertion-desk.ts';
import { CallForwarder, nodeUnreachable, type PassedCall } from '../forwarding/call-forwarder.ts';
import type { CallReply } from '../forwarding/call-reply.ts';
import { NodeCallError, NodeClient, type NodeRequest } from '../forwarding/node-client.ts';
import { type RequestSpan, type TraceContext, traceHeaders } from '../http/trace-context.ts';
import { clientAddressOf, clientNetworkOf } from '../limits/client-address.ts';
import { SessionPlacement } from './session-placement.ts';

/** The parts of a cluster that the gateway uses. */
export interface ClusterServices {
  readonly directory: NodeDirectory;
  readonly trust: AssertionTrust;
  readonly claims: CallClaims;
  readonly geo: GeoResolver;
  /** Proxies whose `X-Forwarded-For` is trusted. */
  readonly trustedProxies: AddressSet;
  /** Uniform in [0, 1); spreads sessions over the nodes of a region. Default `Math.random`. */
  readonly random?: () => number;
}

/** A client's call that any node may have received. */
export interface IncomingCall {
  readonly principal: Principal;
  /** From the path, not validated; empty for a call without a session. */
  readonly sessionId: string;
  readonly method: string;
  /** Parsed JSON; undefined if there is none. */
  readonly body: unknown;
  /**
   * Present for a call that creates a session, which any node may carry out.
   *
   * @returns the region that the client asked for, if any
   * @throws SfuError – the call would fail on any node
   */
  readonly regionFor: (() => string | undefined) | undefined;
  readonly request: Request;
  readonly requestId: string;
  /** Undefined if the call is in no trace. */
  readonly trace: TraceContext | undefined;
  /** Undefined if no spans are recorded. */
  readonly span: RequestSpan | undefined;
  readonly idempotencyKey: string | undefined;
  readonly carryOutHere: () => Promise<CallReply>;
}

/** Has each call carried out by the right node. */
export class ClusterCalls {
  readonly directory: NodeDirectory;
  readonly desk: AssertionDesk;
  readonly forwarder: CallForwarder;
  readonly #client = new NodeClient();
  readonly #services: ClusterServices;
  readonly #placement: SessionPlacement;

  /** @param now monotonic time in milliseconds */
  constructor(services: ClusterServices, now: () => number) {
    const { directory, trust, claims, random = Math.random } = services;
    this.#services = services;
    this.directory = directory;
    this.desk = new AssertionDesk(trust, directory, now);
    this.forwarder = new CallForwarder({ directory, desk: this.desk, client: this.#client });
    this.#placement = new SessionPlacement({ directory, forwarder: this.forwarder, claims, random });
  }

  /** Returns the network of the client that makes a request, for limits that its clients share. */
  networkOf(request: IncomingMessage): string {
    return clientNetworkOf(clientAddressOf(request, this.#services.trustedProxies) ?? '');
  }

  /**
   * Carries out a call here, or has another node do so.
   *
   * @throws session_not_found – no live node has such sessions
   * @throws node_unreachable – the owner of the session did not answer
   */
  async carryOut(incoming: IncomingCall): Promise<CallReply> {
    const { principal, sessionId, regionFor, request, idempotencyKey, carryOutHere } = incoming;
    const passed = passedCall(incoming);
    if (regionFor !== undefined) {
      const address = clientAddressOf(request, this.#services.trustedProxies);
      const client = address === undefined ? undefined : this.#services.geo.locate(address);
      return this.#placement.place({ call: passed, client, region: regionFor(), idempotencyKey, createHere: carryOutHere });
    }
    const owner = this.forwarder.ownerOf(principal.appId, sessionId);
    if (owner === undefined) return carryOutHere();
    try {
      return await this.forwarder.passOn(owner, passed);
    } catch (error) {
      throw error instanceof NodeCallError ? nodeUnreachable(owner.nodeNo, error) : error;
    }
  }

  /**
   * Has the owner of a session send a reply that does not end.
   *
   * @throws node_unreachable – the owner did not answer
   */
  async openStream(owner: NodeRecord, call: PassedCall, signal: AbortSignal): Promise<IncomingMessage> {
    try {
      return await this.forwarder.openStream(owner, call, signal);
    } catch (error) {
      throw error instanceof NodeCallError ? nodeUnreachable(owner.nodeNo, error) : error;
    }
  }

  /** Returns the address of the client that makes a request. @returns undefined if a trusted proxy does not name it */
  addressOf(request: IncomingMessage): string | undefined {
    return clientAddressOf(request, this.#services.trustedProxies);
  }

  /** Sends a request to another node, for a call that belongs to no app. @throws NodeCallError – there was no reply */
  send(request: NodeRequest, signal: AbortSignal): Promise<IncomingMessage> {
    return this.#client.stream(request, signal);
  }

  /** Closes connections to other nodes. */
  close(): void {
    this.#client.close();
  }
}

function passedCall({ principal, method, body, request, requestId, trace, span, idempotencyKey }: IncomingCall): PassedCall {
  return {
    appId: principal.appId,
    grants: principal.grants,
    method,
    path: request.path,
    body,
    span,
    headers: {
      'X-Request-Id': requestId,
      ...traceHeaders(trace),
      ...(idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey }),
    },
  };
}
