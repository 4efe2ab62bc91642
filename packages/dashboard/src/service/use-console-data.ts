/** The data that pages read, by key, so that changes can invalidate it. */
import type { AdminMembership, ApiEvent, QualitySample, Right, Role, SessionSummary, WhoAmIReply } from '@causeway/protocol';
import { hasRight } from '@causeway/protocol/roles';
import { queryOptions, skipToken, useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { type ConsoleServices, useServices } from './console-services.ts';
import { applyEvent, followEvents, readSessions } from './live-sessions.ts';
import { addSamples } from './quality-series.ts';

export const meQuery = ({ admin }: ConsoleServices) => queryOptions({ queryKey: ['me'], queryFn: () => admin.me(), staleTime: 60_000 });

/** Returns the person who is signed in. Only for pages behind the sign-in. */
export function useMe(): WhoAmIReply {
  return useSuspenseQuery(meQuery(useServices())).data;
}

const CHOSEN_ORG = 'causeway.organisation';

/** The organisation that the console shows: the chosen one, or the first. Undefined for a person who belongs to none. */
export function useMembership(): AdminMembership | undefined {
  const { memberships } = useMe();
  const chosen = sessionStorage.getItem(CHOSEN_ORG);
  return memberships.find(({ organisation }) => organisation.id === chosen) ?? memberships[0];
}

/** Shows another organisation from now on, in this tab. */
export function chooseOrg(orgId: string): void {
  sessionStorage.setItem(CHOSEN_ORG, orgId);
}

/** Whether the person has a right. Pages hide buttons whose calls the node would refuse. */
export function mayDo(role: Role | undefined, right: Right): boolean {
  return role !== undefined && hasRight(role, right);
}

export const factorsQuery = ({ admin }: ConsoleServices) => queryOptions({ queryKey: ['factors'], queryFn: () => admin.readFactors() });
export const signInWaysQuery = ({ admin }: ConsoleServices) =>
  queryOptions({ queryKey: ['sign-in-ways'], queryFn: () => admin.signInWays(), staleTime: 60_000 });
export const appsQuery = ({ admin }: ConsoleServices, orgId: string) =>
  queryOptions({ queryKey: ['apps', orgId], queryFn: async () => (await admin.listApps(orgId)).apps });
export const appQuery = ({ admin }: ConsoleServices, appId: string) =>
  queryOptions({ queryKey: ['app', appId], queryFn: () => admin.readApp(appId) });
export const keysQuery = ({ admin }: ConsoleServices, appId: string) =>
  queryOptions({ queryKey: ['keys', appId], queryFn: async () => (await admin.listKeys(appId)).keys });
export const webhooksQuery = ({ admin }: ConsoleServices, appId: string) =>
  queryOptions({ queryKey: ['webhooks', appId], queryFn: async () => (await admin.listWebhooks(appId)).webhooks });
export const webhookQuery = ({ admin }: ConsoleServices, webhookId: string) =>
  queryOptions({ queryKey: ['webhook', webhookId], queryFn: () => admin.readWebhook(webhookId), staleTime: 0 });
export const membersQuery = ({ admin }: ConsoleServices, orgId: string) =>
  queryOptions({ queryKey: ['members', orgId], queryFn: async () => (await admin.listMembers(orgId)).members });
export const invitationsQuery = ({ admin }: ConsoleServices, orgId: string) =>
  queryOptions({ queryKey: ['invitations', orgId], queryFn: async () => (await admin.listInvitations(orgId)).invitations });
export const nodesQuery = ({ admin }: ConsoleServices) =>
  queryOptions({ queryKey: ['nodes'], queryFn: async () => (await admin.listNodes()).nodes });
export const sessionQuery = (services: ConsoleServices, appId: string, sessionId: string) =>
  queryOptions({
    queryKey: ['session', appId, sessionId],
    queryFn: ({ signal }) => services.appApi(appId).describeSession(sessionId, signal),
  });
/** The sessions of an app that have been read. */
export interface LiveSessions {
  readonly sessions: readonly SessionSummary[];
  /** Whether these are all that there are, up to `SESSIONS_READ`. */
  readonly isComplete: boolean;
}

/** The sessions of an app, live for as long as the page is shown. `error` is set if they are not live, or no longer. */
export function useLiveSessions(appId: string): { readonly data: LiveSessions | undefined; readonly error: unknown } {
  const services = useServices();
  const queries = useQueryClient();
  const queryKey = useMemo(() => ['sessions', appId], [appId]);
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const running = new AbortController();
    const api = services.appApi(appId);
    const write = (live: LiveSessions) => void queries.setQueryData(queryKey, live);
    const known = () => queries.getQueryData<LiveSessions>(queryKey);
    const note = (reason: unknown) => {
      if (!running.signal.aborted) setError(reason);
    };
    const readAll = async () => {
      const wasKnown = known()?.isComplete === true;
      await readSessions(api, (sessions, isComplete) => (isComplete || !wasKnown) && write({ sessions, isComplete }), running.signal);
      setError(undefined);
    };
    // Runs one after the other, because a list that was read before an event must not undo the change of that event.
    let work = Promise.resolve();
    const queue = (next: () => Promise<void>) => {
      work = work.then(next).catch(note);
    };
    const reload = () => queue(readAll);
    const list = {
      read: () => known()?.sessions,
      write: (sessions: readonly SessionSummary[]) => write({ sessions, isComplete: known()?.isComplete === true }),
      reload,
    };
    setError(undefined);
    // What happened before the stream was open is in the list that is read then.
    followEvents(api, { signal: running.signal, onOpen: reload }, (event) => queue(() => applyEvent(api, list, event))).catch(note);
    return () => running.abort();
  }, [services, queries, appId, queryKey]);
  const { data } = useQuery<LiveSessions>({ queryKey, queryFn: skipToken, staleTime: Number.POSITIVE_INFINITY });
  return { data, error };
}

/** Returns the events of an app since the page was opened, newest first. */
export function useAppEvents(appId: string, maxEvents: number) {
  const services = useServices();
  const [events, setEvents] = useState<readonly ApiEvent[]>([]);
  const [stopped, setStopped] = useState<unknown>();
  useEffect(() => {
    const running = new AbortController();
    setEvents([]);
    setStopped(undefined);
    const note = (event: ApiEvent) => setEvents((known) => [event, ...known].slice(0, maxEvents));
    followEvents(services.appApi(appId), { signal: running.signal }, note).catch((reason: unknown) => {
      if (!running.signal.aborted) setStopped(reason);
    });
    return () => running.abort();
  }, [services, appId, maxEvents]);
  return { events, stopped };
}

/** Older than every event, so that the stream begins with the events that the node still has, those of the last ten minutes. */
const BEFORE_ALL = '0-0';

/** Returns the events of a session, newest first, and its quality samples, oldest first: those that its node still has, and later ones. */
export function useSessionStory(appId: string, sessionId: string, maxEvents: number) {
  const services = useServices();
  const [events, setEvents] = useState<readonly ApiEvent[]>([]);
  const [samples, setSamples] = useState<readonly QualitySample[]>([]);
  const [stopped, setStopped] = useState<unknown>();
  useEffect(() => {
    const running = new AbortController();
    const { signal } = running;
    const api = services.appApi(appId);
    setEvents([]);
    setSamples([]);
    setStopped(undefined);
    const stop = (reason: unknown) => {
      if (!signal.aborted) setStopped(reason);
    };
    const add = (more: readonly QualitySample[]) => setSamples((known) => addSamples(known, more));
    const request = {
      signal,
      sessionId,
      lastEventId: BEFORE_ALL,
      onQuality: (sample: QualitySample) => add([sample]),
      // Reads the samples from before the stream was open, also after an interruption.
      onOpen: () => void api.readQuality(sessionId, signal).then(({ samples: known }) => add(known), stop),
    };
    const note = (event: ApiEvent) => {
      // This event only means that there were earlier events, which the page says anyway.
      if (event.type !== 'events.lost') setEvents((known) => [event, ...known].slice(0, maxEvents));
    };
    followEvents(api, request, note).catch(stop);
    return () => running.abort();
  }, [services, appId, sessionId, maxEvents]);
  return { events, samples, stopped };
}
