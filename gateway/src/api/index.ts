import type { agentsApi } from './agents.ts'
import type { approvalsApi } from './approvals.ts'
import type { commandsApi } from './commands.ts'
import type { erasuresApi } from './erasures.ts'
import type { holdsApi } from './holds.ts'
import type { logApi } from './log.ts'
import type { policiesApi } from './policies.ts'
import type { runsApi } from './runs.ts'
import type { searchIndexApi } from './search-index.ts'
import type { sessionsApi } from './sessions.ts'
import type { signInApi } from './sign-in.ts'
import type { targetsApi } from './targets.ts'
import type { tokensApi } from './tokens.ts'

/** The API's sub-apps as types, one for each of `hono/client`'s clients. */
export type SessionsApi = ReturnType<typeof sessionsApi>
export type CommandsApi = ReturnType<typeof commandsApi>
export type PoliciesApi = ReturnType<typeof policiesApi>
export type RunsApi = ReturnType<typeof runsApi>
export type ApprovalsApi = ReturnType<typeof approvalsApi>
export type AgentsApi = ReturnType<typeof agentsApi>
export type TokensApi = ReturnType<typeof tokensApi>
export type TargetsApi = ReturnType<typeof targetsApi>
export type HoldsApi = ReturnType<typeof holdsApi>
export type ErasuresApi = ReturnType<typeof erasuresApi>
export type SignInApi = ReturnType<typeof signInApi>
export type LogApi = ReturnType<typeof logApi>
export type SearchIndexApi = ReturnType<typeof searchIndexApi>
export type { ApprovalState } from '../approvals/index.ts'
export type { Permission } from '../identity/index.ts'
