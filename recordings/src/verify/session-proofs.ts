import { wholeEntries } from '../proof/entry-bundle.ts'
import { formatEpochLine, parseEpochList } from '../proof/epoch-list.ts'
import { hashLeaf, type Sha256 } from '../proof/hash.ts'
import { inclusionNodes, proveInclusion } from '../proof/inclusion.ts'
import { LeafTree } from '../proof/leaf-tree.ts'
import { parseLogLeaf, type EpochLeaf, type LogLeaf } from '../proof/leaf.ts'
import { parseCheckpoint } from '../proof/checkpoint.ts'
import { parseNote } from '../proof/note.ts'
import { ProofError } from '../proof/proof-error.ts'
import { readNodeFromTiles, tilesOf, tileWidth, tileWidthAt } from '../proof/tiles.ts'
import { utf8Encoder } from '../cast/utf8.ts'
import type { Evidence } from './evidence.ts'
import type { ListedHead } from './statement.ts'

/** A leaf of the log and its path to the root of the checkpoint it comes with. */
export interface LeafProof {
  index: number
  leaf: Uint8Array
  path: Uint8Array[]
}

/** All of a log that one session's recording needs to be judged by, and nothing of another session. */
export interface SessionProofs {
  session: string
  /** The signed checkpoint that all paths lead to. */
  checkpoint: Uint8Array
  leaves: LeafProof[]
  /** Of a session that is not sealed: where it stands in the list of the newest epoch, which is among the leaves. */
  head: ListedHead | null
  /** The changes of keys, as proofs of their `key` leaves that both keys have signed. */
  handovers: Map<number, Uint8Array>
}

/** What keeps a proof from being made. */
export class NotProvable extends Error {
  readonly code: 'checkpoint_missing' | 'session_unknown' | 'evidence_missing'

  constructor(code: NotProvable['code'], message: string) {
    super(message)
    this.name = 'NotProvable'
    this.code = code
  }
}

/** Gathers what one session's recording is judged by. Nothing of it is believed here; `openProofs` checks it. */
export async function collectProofs(evidence: Evidence, session: string, sha256: Sha256): Promise<SessionProofs> {
  const checkpoint = await evidence.checkpoint()
  if (!checkpoint) throw new NotProvable('checkpoint_missing', 'no signed checkpoint is there')
  const { size } = parseCheckpoint(parseNote(checkpoint).text)
  const log = new ProvableLog(evidence, size, sha256)
  const leaves: LeafProof[] = []
  const handovers = new Map<number, Uint8Array>()
  let isKnown = false
  let isOpen = true
  for (const index of await evidence.leavesOf(session)) {
    if (index >= size) continue
    const { leaf, said } = await log.read(index)
    if (!isNeeded(said, session)) continue
    leaves.push({ index, leaf, path: await log.prove(index) })
    if (said.kind === 'open') isKnown = true
    if (said.kind === 'seal') isOpen = false
    const handover = said.kind === 'key' && said.replaces !== null ? await evidence.handover(index) : null
    if (handover) handovers.set(index, handover)
  }
  if (!isKnown) throw new NotProvable('session_unknown', `the log’s newest checkpoint knows no session ${session}`)
  const listed = isOpen ? await newestHead(evidence, log, session) : null
  if (listed) leaves.push(listed.epoch)
  return { session, checkpoint, leaves, head: listed?.head ?? null, handovers }
}

/** The kinds of leaves that say what a recording must be, and the keys that all rests on. */
function isNeeded(leaf: LogLeaf, session: string): boolean {
  if (leaf.kind === 'key') return true
  const kinds = ['open', 'seal', 'erase', 'retain']
  return kinds.includes(leaf.kind) && 'session' in leaf && leaf.session === session
}

/** The newest epoch that knows the session, if the newest of all does. */
async function newestHead(evidence: Evidence, log: ProvableLog, session: string): Promise<{ epoch: LeafProof; head: ListedHead } | null> {
  const epoch = await log.newestEpoch()
  const bytes = epoch && (await evidence.epochList(epoch.said.number))
  if (!epoch || !bytes) return null
  const lines = parseEpochList(bytes).map(head => ({ id: head.id, text: utf8Encoder.encode(formatEpochLine(head)) }))
  const index = lines.findIndex(({ id }) => id === session)
  if (index < 0) return null
  const tree = new LeafTree(
    log.sha256,
    lines.map(({ text }) => hashLeaf(log.sha256, text)),
  )
  const path = proveInclusion(log.sha256, { index, size: lines.length }, tree.read)
  return {
    epoch: { index: epoch.index, leaf: epoch.leaf, path: await log.prove(epoch.index) },
    head: { index, text: lines[index]!.text, path },
  }
}

/** A log of one size, whose leaves are read and proved one at a time. */
class ProvableLog {
  readonly sha256: Sha256
  readonly #evidence: Evidence
  readonly #size: number
  readonly #tiles = new Map<string, Uint8Array>()

  constructor(evidence: Evidence, size: number, sha256: Sha256) {
    this.#evidence = evidence
    this.#size = size
    this.sha256 = sha256
  }

  async read(index: number): Promise<{ leaf: Uint8Array; said: LogLeaf }> {
    const leaf = (await this.#bundle(Math.floor(index / tileWidth)))[index % tileWidth]
    if (!leaf) throw new NotProvable('evidence_missing', `leaf ${index} of the log is missing`)
    return { leaf, said: parseLogLeaf(leaf) }
  }

  async prove(index: number): Promise<Uint8Array[]> {
    const place = { index, size: this.#size }
    for (const { level, index: tile, width } of tilesOf(this.#size, inclusionNodes(place))) await this.#tile(level, tile, width)
    return proveInclusion(
      this.sha256,
      place,
      readNodeFromTiles(this.sha256, this.#size, (level, tile) => this.#tiles.get(`${level}/${tile}`)!),
    )
  }

  /** The last epoch's leaf, looking backwards; an epoch is due every minute, so it is near. */
  async newestEpoch(): Promise<{ index: number; leaf: Uint8Array; said: EpochLeaf } | null> {
    for (let bundle = Math.ceil(this.#size / tileWidth) - 1; bundle >= 0; bundle--) {
      const entries = await this.#bundle(bundle)
      for (let at = entries.length - 1; at >= 0; at--) {
        const leaf = entries[at]!
        const said = tryEpoch(leaf)
        if (said) return { index: bundle * tileWidth + at, leaf, said }
      }
    }
    return null
  }

  async #bundle(bundle: number): Promise<Uint8Array[]> {
    const width = tileWidthAt(this.#size, 'entries', bundle)
    const bytes = await this.#evidence.entries(bundle, width)
    return bytes ? wholeEntries(bytes).slice(0, width) : []
  }

  async #tile(level: number, index: number, width: number): Promise<void> {
    const name = `${level}/${index}`
    if (this.#tiles.has(name)) return
    const bytes = await this.#evidence.tile(level, index, width)
    if (!bytes || bytes.length < width * 32) throw new NotProvable('evidence_missing', `the log's tile ${name} is missing`)
    this.#tiles.set(name, bytes.slice(0, width * 32))
  }
}

function tryEpoch(leaf: Uint8Array): EpochLeaf | null {
  try {
    const said = parseLogLeaf(leaf)
    return said.kind === 'epoch' ? said : null
  } catch (error) {
    if (error instanceof ProofError) return null
    throw error
  }
}
