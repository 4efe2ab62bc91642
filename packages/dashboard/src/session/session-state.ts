export type SessionState =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'connected' }
  /** No media path for the moment; the session still exists and a way back is being tried. */
  | { readonly phase: 'interrupted' }
  /** The session is over and nobody asked for that. */
  | { readonly phase: 'lost'; readonly failure: Error }
  | { readonly phase: 'left' };

export function isOver(state: SessionState): boolean {
  return state.phase === 'lost' || state.phase === 'left';
}
