/** The services that the pages of the console share, created once. */
import { createSfuApi, type SfuApi } from '@causeway/client';
import { QueryClient } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { type AdminApi, codeOf, createAdminApi } from './admin-api.ts';

/** The services of one loaded page. */
export interface ConsoleServices {
  /** The URL of the node, or of the path that a proxy puts before it, with a slash at its end. */
  readonly baseUrl: string;
  readonly admin: AdminApi;
  readonly queries: QueryClient;
  /** The public API of an app, called with tokens of the person who is signed in: the console holds no secret. */
  appApi(appId: string): SfuApi;
  /** Forgets all data and tokens, for when another person may sign in. */
  forget(): void;
}

const MAX_TRIES = 2;

/**
 * @param baseUrl of the node, with a slash at its end
 * @param send sends the calls of the admin API
 */
export function createConsoleServices(baseUrl: string, send: typeof fetch): ConsoleServices {
  const admin = createAdminApi(baseUrl, send);
  const apis = new Map<string, SfuApi>();
  const queries = new QueryClient({
    defaultOptions: {
      queries: {
        // A refusal would be repeated, so only calls without a reply are retried.
        retry: (tries, error) => codeOf(error) === 'network_failure' && tries < MAX_TRIES,
        staleTime: 5_000,
      },
    },
  });
  return {
    baseUrl,
    admin,
    queries,
    appApi(appId) {
      const known = apis.get(appId);
      if (known !== undefined) return known;
      const credential = async () => (await admin.createAppToken(appId)).token;
      const api = createSfuApi({ url: baseUrl, appId, credential });
      apis.set(appId, api);
      return api;
    },
    forget() {
      apis.clear();
      queries.clear();
    },
  };
}

export const ServicesContext = createContext<ConsoleServices | undefined>(undefined);

/** Returns the services of the page. */
export function useServices(): ConsoleServices {
  const services = useContext(ServicesContext);
  if (services === undefined) throw new Error('useServices() outside of a ServicesContext.');
  return services;
}
