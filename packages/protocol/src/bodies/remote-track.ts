import { z } from 'zod';

/**
 * Longest text accepted where a request points at something. References are checked more loosely than names that a request
 * gives: an id that cannot exist is "not found", like any other that does not.
 */
const MAX_REFERENCE_LENGTH = 256;

const reference = () => z.string().min(1, 'must not be empty').max(MAX_REFERENCE_LENGTH);

/** Points at a published track of any session of the app, by id or by name. */
export const remoteTrackFields = {
  remoteSessionId: reference().meta({ description: 'Session id of the publisher' }),
  remoteTrackId: reference().optional().meta({ description: 'Track id of the remote track; or give customTrackName' }),
  customTrackName: reference().optional().meta({ description: 'Name of the remote track; or give remoteTrackId' }),
};

/** Points at a track of the calling session. */
export const trackReference = reference;
