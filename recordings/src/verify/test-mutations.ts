import { utf8Decoder, utf8Encoder } from '../cast/utf8.ts'
import { formatBase64 } from '../proof/base64.ts'
import { formatCheckpoint, parseCheckpoint, type Checkpoint } from '../proof/checkpoint.ts'
import { hashLeaf } from '../proof/hash.ts'
import { formatLogLeaf, parseLogLeaf } from '../proof/leaf.ts'
import { LeafTree } from '../proof/leaf-tree.ts'
import { parseNote, signNote } from '../proof/note.ts'
import { sha256, testLogKey, type TestKey } from '../proof/test-crypto.ts'
import { coverRange } from '../proof/tree.ts'
import { proofPaths } from './data-directory.ts'
import { joinLines, splitLines, TestDirectory, writeLogFiles, type Files, type TestSession } from './test-directory.ts'
import type { ProofVerdict } from './verdict.ts'

type Chance = (below: number) => number

/** A directory and its files as they were at each of its checkpoints. */
export interface Sample {
  directory: TestDirectory
  history: Files[]
}

/** What an attacker made of a directory, and what a verifier must say of it. */
export interface Mutated {
  files: Files
  /** The verdicts that fit: where what is left does not tell two attacks apart, there are two. */
  expected: ProofVerdict[]
  /** A checkpoint that the verifier has seen before. */
  since?: Checkpoint
}

/** A directory in which everything happens: sessions that are open, closed, refused, erased and removed, keys that change, lines of the ledger. */
export function sampleDirectory(seed: number, { idleEpochs = 0 } = {}): Sample {
  const directory = new TestDirectory({ seed })
  const { chance } = directory
  const history: Files[] = []
  const keep = () => history.push(new Map(directory.files))
  const epoch = () => {
    directory.epoch()
    keep()
  }
  directory.entry({ kind: 'agent.add', name: 'a' })
  const sessions = Array.from({ length: 3 + chance(2) }, () => directory.open())
  const [first, second, third] = sessions as [TestSession, TestSession, TestSession]
  for (const session of sessions) act(session, chance)
  epoch()
  if (chance(2) === 0) directory.rotateKey()
  for (let i = 0; i < idleEpochs; i++) directory.epoch({ isSigned: false })
  for (const session of sessions) act(session, chance)
  epoch()
  directory.log({ kind: 'read', atUs: directory.nowUs, ...directory.entry({ kind: 'read' }), session: first.id })
  first.close()
  second.close('client lost')
  if (chance(2) === 0) second.erase({ from: 1 + chance(3), to: 5 })
  act(third, chance)
  epoch()
  if (chance(3) === 0) {
    const gone = directory.open()
    act(gone, chance)
    gone.close()
    directory.epoch()
    gone.remove()
  }
  directory.entry({ kind: 'sign-out' })
  epoch()
  return { directory, history }
}

function act(session: TestSession, chance: Chance): void {
  session.command(`select ${chance(1000)}`)
  if (chance(3) === 0) session.command('drop table orders', 'deny')
}

/** The ways to attack a directory. Null where the sample has nothing that the attack could be tried on. */
export const mutations: Record<string, (sample: Sample, chance: Chance) => Mutated | null> = {
  // Recordings, by whoever can write files
  'edit a byte of a recording'({ directory }, chance) {
    const session = pick(withFile(directory), chance)
    return onBytes(directory, session.path, anchoredBytes(directory, session), chance, at => [
      // The newline of the last line makes it no line any more.
      ...(at === anchoredBytes(directory, session) - 1 ? (['TRUNCATED'] as const) : []),
      'TAMPERED',
    ])
  },
  'delete a line of a recording'({ directory }, chance) {
    const session = pick(withFile(directory), chance)
    return onLines(directory, session.path, lines => {
      const line = chance(Math.min(lines.length, anchoredLines(directory, session)))
      lines.splice(line, 1)
      // Of an open session any line may have been the last.
      return session.isOpen || line === lines.length ? ['TRUNCATED', 'TAMPERED'] : ['TAMPERED']
    })
  },
  'insert a line into a recording'({ directory }, chance) {
    const session = pick(withFile(directory), chance)
    return onLines(directory, session.path, lines => {
      const forged = utf8Encoder.encode(`[0.000${chance(9) + 1},"o","a line that never was ${chance(1e9)}\\r\\n"]`)
      lines.splice(1 + chance(anchoredLines(directory, session) - 1), 0, forged)
      return ['TAMPERED']
    })
  },
  'put a line of another recording into one'({ directory }, chance) {
    const [to, from] = pickTwo(withFile(directory), chance)
    return onLines(directory, to.path, lines => {
      const theirs = splitLines(directory.files.get(from.path)!)
      const line = 1 + chance(anchoredLines(directory, to) - 1)
      lines[line] = theirs[1 + chance(theirs.length - 1)]!
      return ['TAMPERED']
    })
  },
  'swap two lines of a recording'({ directory }, chance) {
    const session = pick(withFile(directory), chance)
    return onLines(directory, session.path, lines => {
      const line = chance(anchoredLines(directory, session) - 1)
      const other = line + 1 + chance(anchoredLines(directory, session) - 1 - line)
      ;[lines[line], lines[other]] = [lines[other]!, lines[line]!]
      return ['TAMPERED']
    })
  },
  'repeat a line of a recording'({ directory }, chance) {
    const session = pick(withFile(directory), chance)
    return onLines(directory, session.path, lines => {
      const line = chance(anchoredLines(directory, session) - 1)
      lines.splice(line, 0, lines[line]!)
      return ['TAMPERED']
    })
  },
  'add lines to a closed recording'({ directory }, chance) {
    const session = pick(
      withFile(directory).filter(({ isOpen }) => !isOpen),
      chance,
    )
    return onLines(directory, session.path, lines => {
      lines.push(utf8Encoder.encode('[0.5,"o","and one more"]'))
      return ['TAMPERED']
    })
  },
  'cut a closed recording anywhere'({ directory }, chance) {
    const session = pick(
      withFile(directory).filter(({ isOpen }) => !isOpen),
      chance,
    )
    return cut(directory, session.path, chance(directory.files.get(session.path)!.length))
  },
  'cut an open recording anywhere'({ directory }, chance) {
    const open = withFile(directory).filter(({ isOpen }) => isOpen)
    if (open.length === 0) return null
    const session = pick(open, chance)
    return cut(directory, session.path, chance(anchoredBytes(directory, session)))
  },
  'swap two recordings'({ directory }, chance) {
    const [a, b] = pickTwo(withFile(directory), chance)
    const files = new Map(directory.files)
    files.set(a.path, directory.files.get(b.path)!)
    files.set(b.path, directory.files.get(a.path)!)
    return { files, expected: ['TAMPERED'] }
  },
  'put one recording in the place of another'({ directory }, chance) {
    const [a, b] = pickTwo(withFile(directory), chance)
    return { files: new Map(directory.files).set(a.path, directory.files.get(b.path)!), expected: ['TAMPERED'] }
  },
  'put a recording of another gateway in the place of one'({ directory }, chance) {
    const a = pick(withFile(directory), chance)
    const other = sampleDirectory(1_000_000 + chance(1000)).directory
    const theirs = other.sessions[a.number - 1]
    const bytes = theirs && other.files.get(theirs.path)
    return bytes ? { files: new Map(directory.files).set(a.path, bytes), expected: ['TAMPERED'] } : null
  },
  'delete a recording'({ directory }, chance) {
    const files = new Map(directory.files)
    files.delete(pick(withFile(directory), chance).path)
    return { files, expected: ['LOST'] }
  },
  'add a recording that never was'({ directory }, chance) {
    const from = pick(withFile(directory), chance)
    const path = from.path.replace(from.id, `01jd${String(900_000 + chance(1000))}`)
    return { files: new Map(directory.files).set(path, directory.files.get(from.path)!), expected: ['TAMPERED'] }
  },
  'take the salt out of a line'({ directory }, chance) {
    const session = pick(withFile(directory), chance)
    return onLines(directory, session.path, lines => {
      const salted = lines.flatMap((line, at) => (at < anchoredLines(directory, session) && isSalted(line) ? [at] : []))
      const at = pick(salted, chance)
      lines[at] = utf8Encoder.encode(utf8Decoder.decode(lines[at]!).replace(/,\\"salt\\":\\"[\w-]{16}\\"/, ''))
      return ['TAMPERED']
    })
  },
  'leave lines out with their true hashes and no leaf'({ directory }, chance) {
    const session = pick(
      directory.sessions.filter(({ isOpen, path }) => !isOpen && directory.files.has(path) && !isErased(directory, path)),
      chance,
    )
    const { lines } = session
    const from = 1 + chance(lines.length - 2)
    const to = from + 1 + chance(lines.length - 1 - from)
    const tree = new LeafTree(
      sha256,
      lines.map(line => hashLeaf(sha256, line)),
    )
    const hashes = coverRange(from, to).map(({ level, index }) => formatBase64(tree.read(level, index)))
    return onLines(directory, session.path, all => {
      all.splice(from, to - from, voidLine({ from, to, hashes, erasure: 'e-forged' }))
      return ['TAMPERED']
    })
  },
  'change what stands for erased lines'({ directory }, chance) {
    const session = directory.sessions.find(({ path }) => isErased(directory, path))
    if (!session) return null
    return onLines(directory, session.path, lines => {
      const at = lines.findIndex(isVoid)
      const text = utf8Decoder.decode(lines[at]!)
      const forged = pick(
        [
          text.replace(/^\[[\d.]+/, '[99.5'),
          text.replace(/e-\d+/, 'e-other'),
          text.replace(/\\"hashes\\":\[\\"./, found => found.slice(0, -1) + (found.endsWith('A') ? 'B' : 'A')),
          text.replace(/\\"to\\":(\d+)/, (_, to: string) => `\\"to\\":${Number(to) + 1}`),
        ],
        chance,
      )
      lines[at] = utf8Encoder.encode(forged)
      return ['TAMPERED']
    })
  },
  'put other lines in the place of erased ones'({ directory }, chance) {
    const session = directory.sessions.find(({ path }) => isErased(directory, path))
    if (!session) return null
    return onLines(directory, session.path, lines => {
      const at = lines.findIndex(isVoid)
      const { from, to } = JSON.parse((JSON.parse(utf8Decoder.decode(lines[at]!)) as string[])[2]!) as { from: number; to: number }
      const forged = Array.from({ length: to - from }, () => utf8Encoder.encode(`[0.1,"o","${chance(1e9)}"]`))
      lines.splice(at, 1, ...forged)
      return ['TAMPERED']
    })
  },

  // The log, by whoever can write files
  'edit a byte of a leaf'({ directory }, chance) {
    return onBytes(directory, pick(entryPaths(directory), chance), null, chance, () => ['TAMPERED', 'TRUNCATED'])
  },
  'edit a leaf and make its tiles anew'({ directory }, chance) {
    const leaves = [...directory.leaves]
    const at = chance(leaves.length)
    const leaf = parseLogLeaf(leaves[at]!)
    leaves[at] = formatLogLeaf({ ...leaf, atUs: leaf.atUs + 1 + chance(1000) })
    return withLeaves(directory, leaves, ['TAMPERED'])
  },
  'delete a leaf and make the tiles anew'({ directory }, chance) {
    const leaves = [...directory.leaves]
    leaves.splice(chance(leaves.length), 1)
    return withLeaves(directory, leaves, ['TRUNCATED', 'TAMPERED'])
  },
  'swap two leaves and make the tiles anew'({ directory }, chance) {
    const leaves = [...directory.leaves]
    const at = chance(leaves.length - 1)
    ;[leaves[at], leaves[at + 1]] = [leaves[at + 1]!, leaves[at]!]
    return withLeaves(directory, leaves, ['TAMPERED'])
  },
  'cut the leaves off'({ directory }, chance) {
    return withLeaves(directory, directory.leaves.slice(0, chance(directory.leaves.length)), ['TRUNCATED'])
  },
  'edit a tile'({ directory }, chance) {
    return onBytes(directory, pick(tilePaths(directory), chance), null, chance, () => ['TAMPERED'])
  },
  'delete or cut a tile'({ directory }, chance) {
    const path = pick(tilePaths(directory), chance)
    const files = new Map(directory.files)
    if (chance(2) === 0) files.delete(path)
    else files.set(path, files.get(path)!.subarray(0, chance(files.get(path)!.length)))
    return { files, expected: ['LOST'] }
  },
  'edit a byte of the checkpoint'({ directory }, chance) {
    return onBytes(directory, proofPaths.checkpoint, null, chance, () => ['TAMPERED', 'TRUNCATED'])
  },
  'delete the checkpoint'({ directory }) {
    return without(directory, proofPaths.checkpoint, ['LOST'])
  },
  'edit the list of an epoch'({ directory }, chance) {
    return onBytes(directory, pick(listPaths(directory), chance), null, chance, () => ['TAMPERED'])
  },
  'take a session out of the list of an epoch'({ directory }, chance) {
    return onLines(directory, pick(listPaths(directory), chance), lines => {
      lines.splice(chance(lines.length), 1)
      return ['TAMPERED']
    })
  },
  'delete the list of an epoch'({ directory }, chance) {
    return without(directory, pick(listPaths(directory), chance), ['LOST'])
  },
  'put back an older log'({ history, directory }, chance) {
    const files = new Map(directory.files)
    putLogBack(files, history[chance(history.length - 1)]!)
    return { files, expected: ['TAMPERED'] }
  },
  'put back an older log and the head that is kept apart'({ history, directory }, chance) {
    const files = new Map(directory.files)
    const older = history[chance(history.length - 1)]!
    putLogBack(files, older)
    files.set(proofPaths.keptHead, older.get(proofPaths.keptHead)!)
    return { files, expected: ['TAMPERED'], since: newestOf(directory) }
  },
  'put the whole directory back'({ history, directory }, chance) {
    return { files: new Map(history[chance(history.length - 1)]!), expected: ['TAMPERED'], since: newestOf(directory) }
  },
  'edit the head that is kept apart'({ directory }, chance) {
    return onBytes(directory, proofPaths.keptHead, null, chance, () => ['TAMPERED'])
  },

  // The ledger
  'edit a byte of the ledger'({ directory }, chance) {
    return onBytes(directory, proofPaths.ledger, null, chance, at =>
      at === directory.files.get(proofPaths.ledger)!.length - 1 ? ['TRUNCATED'] : ['TAMPERED'],
    )
  },
  'delete a line of the ledger'({ directory }, chance) {
    return onLines(directory, proofPaths.ledger, lines => {
      lines.splice(chance(lines.length), 1)
      return ['TAMPERED', 'TRUNCATED']
    })
  },
  'take the salt out of a line of the ledger'({ directory }, chance) {
    return onLines(directory, proofPaths.ledger, lines => {
      const at = chance(lines.length)
      lines[at] = utf8Encoder.encode(utf8Decoder.decode(lines[at]!).replace(/,"salt":"[\w-]{16}"/, ''))
      return ['TAMPERED']
    })
  },
  'swap two lines of the ledger'({ directory }, chance) {
    return onLines(directory, proofPaths.ledger, lines => {
      const at = chance(lines.length - 1)
      ;[lines[at], lines[at + 1]] = [lines[at + 1]!, lines[at]!]
      return ['TAMPERED']
    })
  },
  'cut the ledger'({ directory }, chance) {
    return cut(directory, proofPaths.ledger, chance(directory.files.get(proofPaths.ledger)!.length))
  },
  'delete the ledger'({ directory }) {
    return without(directory, proofPaths.ledger, ['LOST'])
  },

  // Keys, by whoever has one
  'sign a changed log with a key that was replaced'({ directory }, chance) {
    if (directory.keys.length < 2) return null
    return forged(directory, chance, [directory.keys[0]!])
  },
  'sign a changed log with a key of no log'({ directory }, chance) {
    return forged(directory, chance, [testLogKey(directory.origin, `thief ${chance(1000)}`)])
  },
  'put a key in force that the old one does not know'({ directory }, chance) {
    const thief = testLogKey(directory.origin, `thief ${chance(1000)}`)
    const leaf = formatLogLeaf({ kind: 'key', atUs: directory.nowUs, vkey: thief.vkey, replaces: directory.keys.at(-1)!.vkey })
    return signed(directory, [...directory.leaves, leaf], [thief])
  },
  'forget that the old key agreed to the new one'({ directory }, chance) {
    const path = [...directory.files.keys()].find(name => name.startsWith('log/handover/'))
    if (path === undefined) return null
    return chance(2) === 0 ? without(directory, path, ['TAMPERED']) : onBytes(directory, path, null, chance, () => ['TAMPERED'])
  },
  'show another history, well signed'({ directory }, chance) {
    const leaves = [...directory.leaves]
    const at = 1 + chance(leaves.length - 1)
    const leaf = parseLogLeaf(leaves[at]!)
    leaves[at] = formatLogLeaf({ ...leaf, atUs: leaf.atUs + 1 })
    const fork = signed(directory, leaves, [directory.keys.at(-1)!])
    fork.files.delete(proofPaths.keptHead)
    return { ...fork, since: newestOf(directory) }
  },
  'take a session out of the history, well signed'({ directory }, chance) {
    // The last session could be missing without a gap in their numbers, if no list of an epoch knew it.
    const session = pick(directory.sessions.slice(0, 3), chance)
    const leaves = directory.leaves.filter(leaf => !utf8Decoder.decode(leaf).includes(`"session":"${session.id}"`))
    const fork = signed(directory, leaves, [directory.keys.at(-1)!])
    fork.files.delete(session.path)
    return { ...fork, expected: ['TAMPERED', 'LOST'] }
  },
}

function forged(directory: TestDirectory, chance: Chance, signers: TestKey[]): Mutated {
  const leaves = [...directory.leaves]
  const at = 1 + chance(leaves.length - 1)
  const leaf = parseLogLeaf(leaves[at]!)
  leaves[at] = formatLogLeaf({ ...leaf, atUs: leaf.atUs + 1 })
  return signed(directory, leaves, signers)
}

/** The directory with a log of other leaves, all of its files made anew, signed by whoever. */
function signed(directory: TestDirectory, leaves: readonly Uint8Array[], signers: readonly TestKey[]): Mutated {
  const { files } = withLeaves(directory, leaves, [])
  const head = {
    size: leaves.length,
    root: new LeafTree(
      sha256,
      leaves.map(leaf => hashLeaf(sha256, leaf)),
    ).root(),
  }
  const text = formatCheckpoint({ origin: directory.origin, ...head })
  files.set(
    proofPaths.checkpoint,
    signNote(
      text,
      signers.map(({ signer }) => signer),
    ),
  )
  files.set(proofPaths.keptHead, utf8Encoder.encode(text))
  return { files, expected: ['TAMPERED'] }
}

function withLeaves(directory: TestDirectory, leaves: readonly Uint8Array[], expected: ProofVerdict[]): Mutated {
  const files = new Map(directory.files)
  for (const path of files.keys()) if (path.startsWith('log/tile/')) files.delete(path)
  writeLogFiles(files, leaves)
  return { files, expected }
}

function putLogBack(files: Files, older: Files): void {
  for (const path of files.keys()) if (path.startsWith('log/') && !path.startsWith('log/epochs/')) files.delete(path)
  for (const [path, bytes] of older) if (path.startsWith('log/')) files.set(path, bytes)
}

function newestOf(directory: TestDirectory): Checkpoint {
  return parseCheckpoint(parseNote(directory.files.get(proofPaths.checkpoint)!).text)
}

/** How many lines of a recording the newest head vouches for. */
function anchoredLines(directory: TestDirectory, session: TestSession): number {
  return splitLines(directory.files.get(session.path)!).length
}

function anchoredBytes(directory: TestDirectory, session: TestSession): number {
  return directory.files.get(session.path)!.length
}

function withFile(directory: TestDirectory): TestSession[] {
  return directory.sessions.filter(({ path }) => directory.files.has(path))
}

function isErased(directory: TestDirectory, path: string): boolean {
  return splitLines(directory.files.get(path) ?? new Uint8Array(0)).some(isVoid)
}

function isVoid(line: Uint8Array): boolean {
  return /^\[[\d.]+,"v",/.test(utf8Decoder.decode(line))
}

function isSalted(line: Uint8Array): boolean {
  return utf8Decoder.decode(line).includes(',\\"salt\\":\\"')
}

function voidLine(record: unknown): Uint8Array {
  return utf8Encoder.encode(`[0.1,"v",${JSON.stringify(JSON.stringify(record))}]`)
}

function entryPaths({ files }: TestDirectory): string[] {
  return [...files.keys()].filter(path => path.startsWith('log/tile/entries/'))
}

function tilePaths({ files }: TestDirectory): string[] {
  return [...files.keys()].filter(path => /^log\/tile\/\d/.test(path))
}

function listPaths({ files }: TestDirectory): string[] {
  return [...files.keys()].filter(path => path.startsWith('log/epochs/') && files.get(path)!.length > 0)
}

function without(directory: TestDirectory, path: string, expected: ProofVerdict[]): Mutated {
  const files = new Map(directory.files)
  files.delete(path)
  return { files, expected }
}

function cut(directory: TestDirectory, path: string, at: number): Mutated {
  return { files: new Map(directory.files).set(path, directory.files.get(path)!.subarray(0, at)), expected: ['TRUNCATED'] }
}

/** Another byte in the place of one before `end`. */
function onBytes(
  directory: TestDirectory,
  path: string,
  end: number | null,
  chance: Chance,
  expected: (at: number) => ProofVerdict[],
): Mutated {
  const bytes = directory.files.get(path)!.slice()
  const at = chance(end ?? bytes.length)
  bytes[at] = bytes[at]! ^ (1 + chance(255))
  return { files: new Map(directory.files).set(path, bytes), expected: expected(at) }
}

function onLines(directory: TestDirectory, path: string, change: (lines: Uint8Array[]) => ProofVerdict[]): Mutated {
  const lines = splitLines(directory.files.get(path)!)
  const expected = change(lines)
  return { files: new Map(directory.files).set(path, joinLines(lines)), expected }
}

function pick<T>(all: readonly T[], chance: Chance): T {
  return all[chance(all.length)]!
}

function pickTwo<T>(all: readonly T[], chance: Chance): [T, T] {
  const at = chance(all.length)
  return [all[at]!, all[(at + 1 + chance(all.length - 1)) % all.length]!]
}
