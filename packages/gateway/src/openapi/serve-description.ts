import express, { type Router } from 'express';
import { allowCrossOrigin } from '../http/cors.ts';
import { sendJson } from '../http/send-json.ts';
import { createOpenApiDocument, type DescribedApis } from './openapi-document.ts';
import { createReferencePage } from './reference-page.ts';

/** Serves the OpenAPI document at `/openapi.json`, and as a readable page at `/docs`. Neither needs a credential. */
export function serveDescription(apis: DescribedApis = {}): Router {
  const document = createOpenApiDocument(apis);
  const json = JSON.stringify(document);
  const page = createReferencePage(document);
  const router = express.Router();
  router.all('/openapi.json', allowCrossOrigin(), (_request, response) => sendJson(response, 200, json));
  router.get('/docs', (_request, response) => void response.set(page.headers).send(page.html));
  return router;
}
