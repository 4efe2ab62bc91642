/** The client's end of `client-process.ts`: one JSON object a line, requests on stdin, replies on stdout, until stdin ends. */
import { createInterface } from 'node:readline';
import type { ClientVerbs } from '../clients/client-verbs.ts';

export type VerbHandlers = {
  readonly [Verb in keyof ClientVerbs]: (input: ClientVerbs[Verb]['arguments']) => Promise<ClientVerbs[Verb]['result']>;
};

interface Request {
  readonly id: number;
  readonly verb: keyof ClientVerbs;
}

/** Handles requests concurrently. Resolves when stdin has ended. */
export async function serveVerbs(handlers: VerbHandlers): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Request;
    void answer(handlers, request).then((reply) => process.stdout.write(`${JSON.stringify({ id: request.id, ...reply })}\n`));
  }
}

async function answer(handlers: VerbHandlers, request: Request): Promise<object> {
  try {
    const handler = handlers[request.verb] as (input: Request) => Promise<unknown>;
    return { result: await handler(request) };
  } catch (error) {
    return { error: String(error) };
  }
}
