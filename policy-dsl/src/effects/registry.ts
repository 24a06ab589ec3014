import { alert } from './alert.ts'
import type { Effect } from './effect.ts'
import { forbid } from './forbid.ts'
import { limit } from './limit.ts'
import { mask } from './mask.ts'
import { requireApproval } from './require-approval.ts'
import { requireEvidence } from './require-evidence.ts'

/** What rules can do, by name. A new effect is a file here and a line below. */
export const effects: Record<string, Effect> = { forbid, requireApproval, require: requireEvidence, mask, limit, alert }
