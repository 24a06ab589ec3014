import { parseHash } from '../proof/base64.ts'
import { isSameHash } from '../proof/hash.ts'
import type { EpochLeaf, EraseLeaf, HoldLeaf, KeyLeaf, LogLeaf, LogLeafKind, OpenLeaf, RetainLeaf, SealLeaf } from '../proof/leaf.ts'
import type { Anchor, Denial, Erasure, Seal } from './anchors.ts'
import { HeadList } from './head-list.ts'
import type { Finding } from './verdict.ts'

/** How many of the newest lists behind epochs are kept; an older one is gone lawfully. */
export const epochListsKept = 3600

/** What a log says of one session. */
export interface LoggedSession {
  session: string
  number: number
  open: Anchor
  epochs: HeadList
  seal: Seal | null
  erasures: Erasure[]
  denials: Denial[]
  removal: { leaf: number; atUs: number } | null
  isHeld: boolean
}

export interface LoggedEpoch {
  number: number
  leaf: number
  atUs: number
  count: number
  root: Uint8Array
}

export interface LoggedKey {
  vkey: string
  replaces: string | null
  leaf: number
}

/** A line of the ledger that a leaf stands for. */
export interface LedgerReference {
  leaf: number
  entry: number
  hash: Uint8Array
}

/** What a finding is before it is known which key it rests on. */
export type Found = Omit<Finding, 'key'>

/** Reads the leaves of a log in their order, keeps what they say, and finds what no lawful log says. */
export class LogBook {
  readonly sessions = new Map<string, LoggedSession>()
  readonly keys: LoggedKey[] = []
  /** The newest epochs, those whose lists must be there. */
  readonly epochs: LoggedEpoch[] = []
  readonly references: LedgerReference[] = []
  /** Refused connections: a hash of the ledger's line that tells of each. */
  readonly commitments: { leaf: number; hash: Uint8Array }[] = []
  readonly counts = new Map<LogLeafKind, number>()
  readonly found: Found[] = []
  #sessionNumber = 0
  #epochNumber = 0

  take(leaf: number, said: LogLeaf): void {
    this.counts.set(said.kind, (this.counts.get(said.kind) ?? 0) + 1)
    if (leaf === 0 && said.kind !== 'key') this.#unlawful(0, null, `is \`${said.kind}\`, and a log begins with its key`)
    if ('entry' in said) this.references.push({ leaf, entry: said.entry, hash: parseHash(said.hash) })
    switch (said.kind) {
      case 'key':
        return this.#key(leaf, said)
      case 'open':
        return this.#open(leaf, said)
      case 'epoch':
        return this.#epoch(leaf, said)
      case 'seal':
        return this.#seal(leaf, said)
      case 'deny':
        if ('commitment' in said) this.commitments.push({ leaf, hash: parseHash(said.commitment) })
        else this.#session(leaf, said.session, 'denied a command of')?.denials.push({ leaf, line: said.line, hash: parseHash(said.hash) })
        return
      case 'hold':
        return this.#hold(leaf, said)
      case 'read':
        if (said.session !== undefined) this.#known(leaf, said.session, 'tells of a reader of')
        return
      case 'retain':
        return this.#retain(leaf, said)
      case 'erase':
        return this.#erase(leaf, said)
      case 'config':
      case 'approval':
      case 'policy':
    }
  }

  #key(leaf: number, { vkey, replaces }: KeyLeaf): void {
    const before = this.keys.at(-1)?.vkey ?? null
    if (replaces !== before) this.#unlawful(leaf, null, `replaces the key ${replaces ?? 'none'}, and ${before ?? 'none'} was in force`)
    this.keys.push({ vkey, replaces, leaf })
  }

  #open(leaf: number, { session, number, header, atUs }: OpenLeaf): void {
    const expected = this.#sessionNumber + 1
    if (number < expected) this.#unlawful(leaf, session, `opens session number ${number}, and ${expected} comes next`)
    if (number > expected) {
      const which = number - expected === 1 ? `session number ${expected}` : `sessions number ${expected} to ${number - 1}`
      this.#find('LOST', 'sessions_missing', { leaf }, `leaf ${leaf} opens session number ${number}, and none opened ${which}`)
    }
    this.#sessionNumber = Math.max(number, this.#sessionNumber)
    if (this.sessions.has(session)) return this.#unlawful(leaf, session, `opens session ${session} a second time`)
    this.sessions.set(session, {
      session,
      number,
      open: { by: 'open', leaf, atUs, size: 1, root: parseHash(header) },
      epochs: new HeadList(),
      seal: null,
      erasures: [],
      denials: [],
      removal: null,
      isHeld: false,
    })
  }

  #epoch(leaf: number, { number, atUs, count, root }: EpochLeaf): void {
    if (number !== this.#epochNumber + 1) this.#unlawful(leaf, null, `is epoch ${number}, and ${this.#epochNumber + 1} comes next`)
    this.#epochNumber = number
    this.epochs.push({ number, leaf, atUs, count, root: parseHash(root) })
    if (this.epochs.length > 2 * epochListsKept) this.epochs.splice(0, epochListsKept)
  }

  #seal(leaf: number, { session, size, root, bytes, reason, atUs }: SealLeaf): void {
    const logged = this.#session(leaf, session, 'seals')
    if (!logged) return
    const denial = logged.denials.find(({ line }) => line >= size)
    if (denial)
      this.#unlawful(leaf, session, `seals ${size} lines, and leaf ${denial.leaf} tells of a refused command on line ${denial.line}`)
    logged.seal = { by: 'seal', leaf, atUs, size, root: parseHash(root), bytes, reason }
  }

  #hold(leaf: number, { session, placed }: HoldLeaf): void {
    const logged = session === undefined ? null : this.#known(leaf, session, 'holds')
    if (logged) logged.isHeld = placed
  }

  #retain(leaf: number, { session, size, root, atUs }: RetainLeaf): void {
    const logged = this.#known(leaf, session, 'removes')
    if (!logged) return
    const { seal } = logged
    if (!seal) this.#unlawful(leaf, session, `removes the recording of ${session}, which is not sealed`)
    else if (seal.size !== size || !isSameHash(seal.root, parseHash(root)))
      this.#unlawful(leaf, session, `removes another recording than leaf ${seal.leaf} sealed`)
    if (logged.isHeld)
      this.#find('LOST', 'removed_under_hold', { leaf, session }, `leaf ${leaf} removes the recording of ${session}, which is held`)
    logged.removal = { leaf, atUs }
  }

  #erase(leaf: number, { session, from, to, void: line }: EraseLeaf): void {
    const logged = this.#known(leaf, session, 'erases lines of')
    if (!logged) return
    if (logged.seal && to > logged.seal.size)
      this.#unlawful(leaf, session, `erases lines up to ${to - 1} of a recording sealed with ${logged.seal.size}`)
    if (logged.isHeld) this.#find('LOST', 'removed_under_hold', { leaf, session }, `leaf ${leaf} erases lines of ${session}, which is held`)
    logged.erasures.push({ leaf, from, to, void: parseHash(line) })
  }

  /** A session that is open. */
  #session(leaf: number, session: string, does: string): LoggedSession | null {
    const logged = this.#known(leaf, session, does)
    if (logged?.seal) this.#unlawful(leaf, session, `${does} session ${session}, which leaf ${logged.seal.leaf} had sealed`)
    return logged?.seal ? null : logged
  }

  #known(leaf: number, session: string, does: string): LoggedSession | null {
    const logged = this.sessions.get(session)
    if (!logged) this.#unlawful(leaf, session, `${does} session ${session}, which no leaf had opened`)
    return logged ?? null
  }

  #unlawful(leaf: number, session: string | null, says: string): void {
    this.#find('TAMPERED', 'leaf_unlawful', { leaf, session }, `leaf ${leaf} ${says}`)
  }

  #find(
    verdict: Found['verdict'],
    code: Found['code'],
    { leaf, session = null }: { leaf: number; session?: string | null },
    says: string,
  ): void {
    this.found.push({ verdict, code, session, line: null, leaf, says })
  }
}
