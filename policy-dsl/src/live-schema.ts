/** What the gateway knows about the world a policy is written for; the policy's names and types come from it. */
export interface LiveSchema {
  targets: LiveTarget[]
  groups: string[]
  agents: string[]
  /** Who may be asked to approve: roles and groups. */
  approvers: string[]
}

export interface LiveTarget {
  name: string
  protocol: string
  labels: Record<string, string>
  /** Null when the target could not be asked: then any column of it may be named, unchecked. */
  schemas: LiveNamespace[] | null
}

export interface LiveNamespace {
  name: string
  /** Its tables can be named without it. */
  isDefault: boolean
  tables: { name: string; columns: { name: string; type: string }[] }[]
}

/** Nothing is known: policies are written with names in quotes alone. */
export const emptyLiveSchema: LiveSchema = { targets: [], groups: [], agents: [], approvers: [] }
