import type { Page, Query } from '../api.ts'

/** Whose commands are rehearsed on; an empty text is everybody's, an empty age everything. */
export interface PastFilter {
  /** An age: `24h`, `7d`. */
  since: string
  target: string
  agent: string
}

/** How much is loaded into this browser. */
export interface LoadBound {
  commands: number
  bytes: number
}

interface FoundSession {
  id: string
  principal: string
  commands: number
  sizeBytes: number
}

/** The sessions to load, the earliest first, and who asked in them. */
export interface FoundSessions {
  sessions: string[]
  agents: string[]
  /** There are earlier ones that do not fit. */
  isTruncated: boolean
}

/** Finds the newest sessions that fit. */
export async function findSessions(
  filter: PastFilter,
  bound: LoadBound,
  ask: (query: Query) => Promise<Page<FoundSession>>,
): Promise<FoundSessions> {
  const wanted = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== ''))
  const sessions: string[] = []
  const agents = new Set<string>()
  let [commands, bytes] = [0, 0]
  let cursor: string | null = null
  do {
    const page: Page<FoundSession> = await ask({ ...wanted, limit: '500', ...(cursor === null ? {} : { cursor }) })
    for (const session of page.items) {
      if (session.commands === 0) continue
      commands += session.commands
      bytes += session.sizeBytes
      if (commands > bound.commands || bytes > bound.bytes) return found(true)
      sessions.push(session.id)
      agents.add(session.principal)
    }
    cursor = page.cursor
  } while (cursor !== null)
  return found(false)

  function found(isTruncated: boolean): FoundSessions {
    return { sessions: sessions.toReversed(), agents: [...agents].toSorted(), isTruncated }
  }
}
