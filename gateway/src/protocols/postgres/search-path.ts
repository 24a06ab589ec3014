/**
 * The schemas a session looks bare names up in, followed through what it says.
 * Null is unknown: then bare names stay as they were written, and rules that
 * would need their schema refuse.
 */
export class SearchPath {
  readonly #user: string
  #initial: string[] | null = null
  #now: { path: string[] | null } | 'initial' = 'initial'
  /** As it was when the open transaction began: what a rollback brings back. */
  #before: { path: string[] | null } | 'initial' = 'initial'
  #isInTransaction = false
  #isLocal = false
  #isRolledBack = false
  #isReported = false

  constructor(user: string) {
    this.#user = user
  }

  /** The path now; undefined is the one that sessions of the target begin with. */
  get schemas(): string[] | undefined {
    if (this.#now === 'initial') return this.#initial ?? undefined
    // Nothing but the system's own names is certain.
    return this.#now.path ?? []
  }

  /** The target reports it, as PostgreSQL 18 does: nothing is surer. */
  report(value: string): void {
    const path = parseNames(value, this.#user)
    if (this.#now === 'initial' && this.#initial === null) this.#initial = path
    this.#now = { path }
    this.#isReported = true
  }

  /** Follows a statement that is done. `tag` is its command tag, `text` all that was asked with it. */
  done(tag: string, text: string): void {
    if (this.#isReported) return
    if (tag === 'BEGIN' || tag === 'START TRANSACTION') this.#begin()
    if (tag === 'ROLLBACK') this.#isRolledBack = true
    if (tag === 'RESET' || tag === 'DISCARD ALL') {
      if (tag === 'DISCARD ALL' || /\b(?:all|search_path)\b/i.test(text)) this.#now = 'initial'
      return
    }
    if (!/search_path/i.test(text)) return
    const set = /^\s*set\s+(?:(session|local)\s+)?search_path\s*(?:=|to)\s*([^;]+?)\s*;?\s*$/i.exec(text)
    if (set) {
      this.#isLocal ||= set[1]?.toLowerCase() === 'local'
      this.#now = /^default$/i.test(set[2]!) ? 'initial' : { path: parseNames(set[2]!, this.#user) }
    } else if (/^\s*select\s+(?:pg_catalog\.)?set_config\s*\(\s*'search_path'\s*,\s*''\s*,\s*false\s*\)\s*;?\s*$/i.test(text))
      this.#now = { path: [] }
    else if (tag === 'SET' || /set_config|\bdo\b|\bcall\b|function|procedure/i.test(text)) this.#now = { path: null }
  }

  /** Follows the transaction that a statement left behind. */
  ready(transaction: 'idle' | 'transaction' | 'failed'): void {
    if (this.#isReported) return
    if (transaction !== 'idle') {
      // Back to a savepoint: what was set since then is undone, and we do not know what was.
      if (this.#isRolledBack && this.#now !== this.#before) this.#now = { path: null }
      this.#begin()
    } else if (this.#isInTransaction) {
      if (this.#isRolledBack || this.#isLocal) this.#now = this.#before
      this.#isInTransaction = false
      this.#isLocal = false
    }
    this.#isRolledBack = false
  }

  #begin(): void {
    if (this.#isInTransaction) return
    this.#isInTransaction = true
    this.#before = this.#now
  }
}

/** The names of a list as SET takes them: quoted ones as they are, others in lower case. Null when it is anything else. */
function parseNames(list: string, user: string): string[] | null {
  const names: string[] = []
  for (const item of list.split(',')) {
    const name = /^\s*(?:"((?:[^"]|"")*)"|'((?:[^']|'')*)'|([a-z_][a-z0-9_$]*))\s*$/i.exec(item)
    if (!name) return list.trim() === '' ? [] : null
    const plain = name[1]?.replaceAll('""', '"') ?? name[2]?.replaceAll("''", "'") ?? name[3]!.toLowerCase()
    if (plain === '$user') names.push(user)
    else if (plain !== '' && plain !== 'pg_catalog') names.push(plain)
  }
  return names
}
