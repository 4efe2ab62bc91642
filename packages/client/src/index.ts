export type { ApiCall, ApiReply, SfuApiOptions } from './api/api-call.ts';
export type { EventsRequest } from './api/event-stream.ts';
export { createSfuApi, type Plain, type RemoteTrack, type SessionPage, type SessionsQuery, type SfuApi } from './api/sfu-api.ts';
export { type ApiErrorCode, type ApiErrorFacts, errorFromItem, SfuApiError } from './api/sfu-api-error.ts';
export { type Clock, systemClock } from './clock.ts';
export { openSession } from './session/open-session.ts';
export type {
  DataChannel,
  Description,
  MediaTrack,
  PeerConnection,
  Reliability,
  SendLayer,
  Transceiver,
} from './session/peer-connection.ts';
export { retrying } from './session/retrying.ts';
export type { LocalTrack } from './session/sending-line.ts';
export * from './session/session.ts';
