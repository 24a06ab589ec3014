import { z } from 'zod'
import { roles, type Role } from './roles.ts'

/** The names of agents and tokens. A slash is left out on purpose: it marks the name of a nested agent under its parent's. */
export const principalName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/, 'a name of letters, digits and `. _ @ -`, at most 128')

/** The names of groups. */
export const groupName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}$/, 'a group name of letters, digits and `. _ : @ / -`, at most 128')

/** The names of groups that people are in. Rules name groups and roles alike, so none may be called like a role. */
export const personGroup = groupName.refine(name => !roles.includes(name as Role), 'a group that is not named like a role')

/** The longest life of a run. */
export const ttlSecondsMax = 24 * 3600
