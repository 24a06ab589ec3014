import { epochRoot, parseEpochList, type EpochHead } from '../proof/epoch-list.ts'
import { isSameHash, type Sha256 } from '../proof/hash.ts'
import { ProofError } from '../proof/proof-error.ts'
import type { Evidence } from './evidence.ts'
import { HeadList } from './head-list.ts'
import { epochListsKept, type Found, type LogBook, type LoggedEpoch } from './log-book.ts'

/** What stands for the ledger in the list of an epoch. */
export const ledgerId = 'ledger'

/** Reads the lists behind the newest epochs and gives each session its heads. The ledger's are given back. */
export async function readEpochs(evidence: Evidence, book: LogBook, sha256: Sha256): Promise<{ ledger: HeadList; found: Found[] }> {
  const epochs = book.epochs.slice(-epochListsKept)
  const newest = epochs.at(-1)
  const reader = new EpochReader(book)
  for (const epoch of epochs) {
    const bytes = await evidence.epochList(epoch.number)
    if (bytes) reader.take(epoch, bytes, sha256)
    else reader.miss(epoch)
  }
  reader.endGap()
  if (newest) reader.nameLost(newest)
  return { ledger: reader.ledger, found: reader.found }
}

class EpochReader {
  readonly ledger = new HeadList()
  readonly found: Found[] = []
  readonly #book: LogBook
  /** Ids of the newest list that could be read, and its epoch. */
  #newest: { number: number; ids: Set<string> } | null = null
  #gap: { from: LoggedEpoch; to: LoggedEpoch } | null = null

  constructor(book: LogBook) {
    this.#book = book
  }

  take(epoch: LoggedEpoch, bytes: Uint8Array, sha256: Sha256): void {
    this.endGap()
    const heads = this.#parse(epoch, bytes)
    if (!heads) return
    if (heads.length !== epoch.count || !isSameHash(epochRoot(sha256, heads), epoch.root)) {
      this.#find('list_differs', epoch, null, `the list of epoch ${epoch.number} is not the one of leaf ${epoch.leaf}`)
      return
    }
    for (const head of heads) this.#takeHead(epoch, head)
    this.#newest = { number: epoch.number, ids: new Set(heads.map(({ id }) => id)) }
  }

  /** Lists that are missing are told together where they follow each other. */
  miss(epoch: LoggedEpoch): void {
    this.#gap = { from: this.#gap?.from ?? epoch, to: epoch }
  }

  endGap(): void {
    if (!this.#gap) return
    const { from, to } = this.#gap
    this.#gap = null
    const which = from === to ? `the list of epoch ${from.number} is` : `the lists of epochs ${from.number} to ${to.number} are`
    this.found.push({
      verdict: 'LOST',
      code: 'list_missing',
      session: null,
      line: null,
      leaf: from.leaf,
      says: `${which} missing, and the last ${epochListsKept} must be there`,
    })
  }

  /** A session that is open is in the newest list; one that no leaf has sealed and that is not there has been lost. */
  nameLost(newest: LoggedEpoch): void {
    if (this.#newest?.number !== newest.number) return
    for (const { session, open, seal } of this.#book.sessions.values()) {
      if (seal || open.leaf > newest.leaf || this.#newest.ids.has(session)) continue
      this.found.push({
        verdict: 'LOST',
        code: 'recording_lost',
        session,
        line: null,
        leaf: newest.leaf,
        says: `leaf ${open.leaf} opened session ${session}, no leaf sealed it, and epoch ${newest.number} does not know it any more`,
      })
    }
  }

  #takeHead(epoch: LoggedEpoch, { id, size, root }: EpochHead): void {
    const logged = id === ledgerId ? null : this.#book.sessions.get(id)
    if (logged === undefined || (logged && logged.open.leaf > epoch.leaf))
      return this.#find('list_unlawful', epoch, id, `epoch ${epoch.number} knows session ${id}, which no leaf had opened`)
    const heads = logged?.epochs ?? this.ledger
    const before = heads.last() ?? logged?.open
    const isSame = before?.size === size && isSameHash(before.root, root)
    if (before && !isSame && size <= before.size)
      return this.#find(
        'list_unlawful',
        epoch,
        id,
        `epoch ${epoch.number} says ${id} has ${size} lines, and leaf ${before.leaf} knew ${before.size} others`,
      )
    if (logged?.seal && size > logged.seal.size)
      return this.#find(
        'list_unlawful',
        epoch,
        id,
        `epoch ${epoch.number} says ${id} has ${size} lines, and leaf ${logged.seal.leaf} sealed ${logged.seal.size}`,
      )
    if (!isSame && size > 0) heads.push({ size, root, leaf: epoch.leaf, atUs: epoch.atUs })
  }

  #parse(epoch: LoggedEpoch, bytes: Uint8Array): EpochHead[] | null {
    try {
      return parseEpochList(bytes)
    } catch (error) {
      if (!(error instanceof ProofError)) throw error
      this.#find('list_differs', epoch, null, `the list of epoch ${epoch.number} is none: ${error.message}`)
      return null
    }
  }

  #find(code: Found['code'], epoch: LoggedEpoch, session: string | null, says: string): void {
    this.found.push({ verdict: 'TAMPERED', code, session: session === ledgerId ? null : session, line: null, leaf: epoch.leaf, says })
  }
}
