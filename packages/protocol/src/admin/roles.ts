/** What the members of an organisation may do in it. */

/** From the one that may do everything to the one that may only look. */
export const ROLES = ['owner', 'admin', 'developer', 'billing', 'viewer'] as const;
/** What someone is in an organisation. */
export type Role = (typeof ROLES)[number];

/**
 * What a call of the admin API needs: `read` looks, `develop` changes apps and their keys, `administer` changes people and sees keys to
 * the admin API, `own` changes who owns the organisation.
 */
export type Right = 'read' | 'develop' | 'administer' | 'own';

const RIGHTS: Readonly<Record<Role, readonly Right[]>> = {
  owner: ['read', 'develop', 'administer', 'own'],
  admin: ['read', 'develop', 'administer'],
  developer: ['read', 'develop'],
  billing: ['read'],
  viewer: ['read'],
};

/** Tells whether a role includes a right. */
export function hasRight(role: Role, right: Right): boolean {
  return RIGHTS[role].includes(right);
}
