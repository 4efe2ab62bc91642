import express, { type Router } from 'express';
import { allowCrossOrigin } from '../http/cors.ts';
import { sendJson } from '../http/reply.ts';
import { createOpenApiDocument, type DescribedApis } from './openapi-document.ts';
import { createReferencePage } from './reference-page.ts';

/**
 * Serves the OpenAPI document at `/openapi.json`, and as a readable page at `/docs`. Neither requires a credential.
 *
 * Both are created on the first request: creating them takes about 60 ms, a sixth of the time in which a node starts.
 */
export function serveDescription(apis: DescribedApis = {}): Router {
  const document = once(() => createOpenApiDocument(apis));
  const json = once(() => JSON.stringify(document()));
  const page = once(() => createReferencePage(document()));
  const router = express.Router();
  router.all('/openapi.json', allowCrossOrigin(), (_request, response) => sendJson(response, 200, json()));
  router.get('/docs', (_request, response) => void response.set(page().headers).send(page().html));
  return router;
}

function once<Value>(create: () => Value): () => Value {
  let created: { readonly value: Value } | undefined;
  return () => {
    created ??= { value: create() };
    return created.value;
  };
}
