import type { Operation } from '@steno/recordings'

/** Settings that decide where bare names are looked up: the path itself, and who `$user` is. */
const deciding = new Set(['search_path', 'role', 'session_authorization', 'all'])
/** Verbs of which nobody knows what they set while they run. */
const unseen = new Set(['OPAQUE', 'UNPARSED'])
/** Verbs that evaluate expressions somebody defined: defaults, checks, conditions of triggers. */
const evaluating = new Set(['CREATE', 'ALTER', 'DROP', 'REFRESH', 'REINDEX', 'CLUSTER', 'VACUUM', 'ANALYZE'])

/**
 * What the target is asked: where it looks bare names up, and who `$user` is.
 * SHOW takes no snapshot, so that a transaction may still set how it is
 * isolated, and no function of anybody's can stand in its place.
 */
export const question = 'SHOW search_path; SHOW role; SHOW session_authorization'

/**
 * The schemas a session looks bare names up in. What the session may have
 * changed is not guessed: the target is asked, or the path is unknown. Unknown
 * leaves bare names as they were written, and rules that need their schema
 * refuse.
 */
export class SearchPath {
  #schemas: string[] | null = null
  #isCertain = false
  /** Something in the open transaction may have set it, so its end may set it back. */
  #isTouched = false

  /** Whether the target must be asked before bare names mean anything. */
  get isCertain(): boolean {
    return this.#isCertain
  }

  /** The path now; without certainty only the system's own names can be found. */
  get schemas(): string[] {
    return (this.#isCertain && this.#schemas) || []
  }

  /** Takes the target's answer to `question`; an answer of another length is none. */
  told(answer: readonly (string | null)[]): void {
    const [path, role, session] = answer
    this.#isCertain = true
    this.#schemas = null
    if (answer.length !== 3 || typeof path !== 'string' || typeof role !== 'string' || typeof session !== 'string') return
    this.#schemas = parse(path, role === 'none' ? session : role)
  }

  /** Follows a command that was sent. */
  sent(operations: Operation[]): void {
    for (const { verb, object, isOpaque, functions } of operations) {
      const mayRun = isOpaque || unseen.has(verb) || evaluating.has(verb) || functions?.some(name => name.endsWith('set_config'))
      const sets = (verb === 'SET' || verb === 'RESET' || verb === 'DISCARD') && deciding.has(object ?? 'all')
      const ends = verb === 'COMMIT' || verb === 'ROLLBACK' || verb === 'ROLLBACK TO' || verb === 'RELEASE' || verb.endsWith('TRANSACTION')
      if (mayRun || sets) this.#isTouched = true
      if (mayRun || sets || (ends && this.#isTouched)) this.#isCertain = false
    }
  }

  /** Follows the end of a transaction. */
  idle(): void {
    this.#isTouched = false
  }

  /** Something was sent that nobody read: whatever was known is not known any more. */
  lost(): void {
    this.#isCertain = false
    this.#isTouched = true
  }
}

/** Gives the names of a path as SHOW writes it; null when it cannot be read. */
function parse(list: string, user: string): string[] | null {
  const names: string[] = []
  if (list.trim() === '') return names
  for (const item of list.split(',')) {
    const name = /^\s*(?:"((?:[^"]|"")*)"|([a-z_][a-z0-9_$]*))\s*$/.exec(item)
    if (!name) return null
    const plain = name[1]?.replaceAll('""', '"') ?? name[2]!
    if (plain === '$user') names.push(user)
    else if (plain !== '' && plain !== 'pg_catalog') names.push(plain)
  }
  return names
}
