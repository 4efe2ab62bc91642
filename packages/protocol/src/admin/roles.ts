/** What members of an organisation may do in it. */

/** Ordered from the role with all rights to the one that may only read. */
export const ROLES = ['owner', 'admin', 'developer', 'billing', 'viewer'] as const;
/** A member's role in an organisation. */
export type Role = (typeof ROLES)[number];

/**
 * The right that a call of the admin API requires: `read` reads, `develop` changes apps and their keys, `administer`
 * changes people and sees keys of the admin API, `own` changes who owns the organisation.
 */
export type Right = 'read' | 'develop' | 'administer' | 'own';

const RIGHTS: Readonly<Record<Role, readonly Right[]>> = {
  owner: ['read', 'develop', 'administer', 'own'],
  admin: ['read', 'develop', 'administer'],
  developer: ['read', 'develop'],
  billing: ['read'],
  viewer: ['read'],
};

/** Whether a role includes a right. */
export function hasRight(role: Role, right: Right): boolean {
  return RIGHTS[role].includes(right);
}
