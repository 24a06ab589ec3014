/** What people and automation may be here. Agents and runs have no role: they never read the trail. */
export const roles = ['admin', 'author', 'approver', 'investigator'] as const

export type Role = (typeof roles)[number]

/** What a role may do. Everything not listed is refused. */
export type Permission =
  /** Search, replay and export what was recorded. */
  | 'read trail'
  /** End a session or a run of somebody else. */
  | 'terminate'
  /** Vote on commands that are held for consent, where a rule names them. */
  | 'review approvals'
  /** Read policies, and try drafts of them. */
  | 'read policies'
  /** Publish and remove policies. */
  | 'publish policies'
  /** Agree to what somebody else wants published or removed, where `policies.reviewers` names them. */
  | 'review policies'
  /** See, add and remove agents. */
  | 'manage agents'
  /** See, create and remove API tokens and sign-in links. */
  | 'manage tokens'
  /** Put sessions and runs under legal hold. */
  | 'place holds'
  | 'lift holds'
  /** Ask that something recorded be erased, and approve that it is when somebody else asks. */
  | 'erase'
  /** Look after the gateway itself: rebuild its index. */
  | 'operate'

const permissions: Record<Role, readonly Permission[]> = {
  admin: [
    'read trail',
    'read policies',
    'publish policies',
    'review policies',
    'terminate',
    'review approvals',
    'manage agents',
    'manage tokens',
    'place holds',
    'lift holds',
    'erase',
    'operate',
  ],
  author: ['read trail', 'read policies', 'publish policies', 'review policies'],
  approver: ['read trail', 'read policies', 'review policies', 'terminate', 'review approvals'],
  investigator: ['read trail', 'read policies', 'terminate', 'place holds', 'erase'],
}

/** Whether a role may do something. */
export function mayDo(role: Role, permission: Permission): boolean {
  return permissions[role].includes(permission)
}

/** Everything a role may do. */
export function permissionsOf(role: Role): readonly Permission[] {
  return permissions[role]
}
