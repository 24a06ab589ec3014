import { describe, expect, it } from 'vitest'
import { utf8Decoder, utf8Encoder } from '../cast/utf8.ts'
import { formatBase64, parseBase64 } from './base64.ts'
import { formatCheckpoint, openCheckpoint, parseCheckpoint } from './checkpoint.ts'
import { CompactRange } from './compact-range.ts'
import { proveConsistency, verifyConsistency } from './consistency.ts'
import { cosignedAt, cosignedMessage, parseCosignature } from './cosignature.ts'
import { formatEntryBundle, parseEntryBundle } from './entry-bundle.ts'
import { epochRoot, formatEpochList, parseEpochList } from './epoch-list.ts'
import { hashLeaf } from './hash.ts'
import { proveInclusion, verifyInclusion } from './inclusion.ts'
import { LeafTree } from './leaf-tree.ts'
import { formatLogLeaf, parseLogLeaf, type LogLeaf } from './leaf.ts'
import { canVerify, noteVerifier } from './note-keys.ts'
import { formatNote, openNote, type NoteVerifier } from './note.ts'
import { ProofError } from './proof-error.ts'
import { numberedTree, sha256, verifyEd25519 } from './test-crypto.ts'
import { parseTilePath, tilePath, tileWidthAt } from './tiles.ts'
import { isQuorum, parseTlogPolicy } from './tlog-policy.ts'
import { formatTlogProof, openTlogProof, parseTlogProof } from './tlog-proof.ts'
import { coverRange } from './tree.ts'
import { formatVerifierKey, makeVerifierKey, parseVerifierKey } from './verifier-key.ts'

declare global {
  interface ImportMeta {
    /** Vite's: the files' texts by path. */
    glob(pattern: string, options: { query: '?raw'; import: 'default'; eager: true }): Record<string, string>
  }
}

/** A text that must be refused. */
type Invalid = { name: string; code: string; line?: number } & ({ text: string } | { base64: string })

interface Files {
  'trees.json': {
    reference: {
      leaves: string[]
      roots: string[]
      inclusion: { index: number; size: number; proof: string[] }[]
      consistency: { from: number; to: number; proof: string[] }[]
    }
    numbered: { roots: { size: number; root: string }[]; compact: { size: number; hashes: string[] }[] }
    covers: { from: number; to: number; subtrees: [number, number][] }[]
  }
  'inclusion.json': {
    cases: { name: string; index: number; size: number; leafHash: string; proof: string[]; root: string; valid: boolean }[]
  }
  'consistency.json': { cases: { name: string; from: Head; to: Head; proof: string[]; valid: boolean }[] }
  'verifier-keys.json': {
    valid: { vkey: string; name: string; id: string; type: number; publicKey: string }[]
    invalid: Invalid[]
  }
  'notes.json': {
    valid: { name: string; note: string; vkeys: string[]; verified: string[]; text: string; signatures: number }[]
    invalid: ({ name: string; vkeys: string[]; code: string } & ({ note: string } | { base64: string }))[]
  }
  'checkpoints.json': {
    texts: { valid: (Head & { text: string; origin: string; extensions?: string[] })[]; invalid: Invalid[] }
    signed: {
      valid: (Head & SignedCase & { origin: string; signedBy: string[]; cosignedBy: string[]; cosignedAt: number[] })[]
      invalid: (SignedCase & { code: string })[]
    }
    cosignedMessages: { text: string; time: number; message: string; vkey: string; signature: string }[]
  }
  'tlog-proofs.json': {
    valid: (ProofCase & { index: number; size: number; extra?: string })[]
    invalid: (ProofCase & { code: string })[]
  }
  'tlog-policies.json': {
    valid: ({ name: string; logs: PolicyKey[]; witnesses: PolicyKey[]; cosigned: { by: string[]; isQuorum: boolean }[] } & (
      | { text: string }
      | { base64: string }
    ))[]
    invalid: Invalid[]
  }
  'tiles.json': {
    paths: { valid: { path: string; level: number | 'entries'; index: number; width: number }[]; invalid: { path: string }[] }
    widths: { size: number; level: number | 'entries'; index: number; width: number }[]
    numbered: { size: number; tiles: { path: string; sha256: string }[]; bundles: { path: string; sha256: string }[] }
    bundles: {
      valid: { name: string; entries: string[]; base64: string }[]
      invalid: { name: string; width: number; base64: string; code: string }[]
    }
  }
  'leaves.json': { valid: { text: string; leaf: LogLeaf }[]; invalid: Invalid[] }
  'epoch-lists.json': {
    valid: { text: string; heads: (Head & { id: string })[]; count: number; root: string }[]
    invalid: Invalid[]
  }
}

interface Head {
  size: number
  root: string
}

interface SignedCase {
  name: string
  note: string
  logKeys: string[]
  witnesses: string[]
}

interface ProofCase {
  name: string
  file: string
  leaf: string
  logKeys: string[]
  witnesses: string[]
}

interface PolicyKey {
  vkey: string
  url?: string
}

const texts = import.meta.glob('../../vectors/proof/*.json', { query: '?raw', import: 'default', eager: true })

function file<Name extends keyof Files>(name: Name): Files[Name] {
  return JSON.parse(texts[`../../vectors/proof/${name}`]!)
}

const bytesOf = (invalid: { text: string } | { base64: string }) =>
  'text' in invalid ? utf8Encoder.encode(invalid.text) : parseBase64(invalid.base64)
const hexOf = (bytes: Uint8Array) => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
const headOf = ({ size, root }: Head) => ({ size, root: parseBase64(root) })
const verifierOf = (vkey: string): NoteVerifier => noteVerifier(parseVerifierKey(sha256, vkey), verifyEd25519)
const keyOf = (vkey: string) => parseVerifierKey(sha256, vkey)
const knownKeys = ({ logKeys, witnesses }: { logKeys: string[]; witnesses: string[] }) => ({
  logKeys: logKeys.map(verifierOf),
  witnesses: witnesses.map(verifierOf),
})
const idsOf = (keys: readonly { name: string; keyId: Uint8Array }[]) => keys.map(({ name, keyId }) => `${name}+${hexOf(keyId)}`)

function errorOf(act: () => unknown): { code: string; line?: number } {
  try {
    act()
  } catch (error) {
    if (error instanceof ProofError) return { code: error.code, ...(error.line > 0 ? { line: error.line } : {}) }
    throw error
  }
  throw new Error('expected an error')
}

function expected({ code, line }: { code: string; line?: number }): { code: string; line?: number } {
  return { code, ...(line === undefined ? {} : { line }) }
}

describe('trees', () => {
  const { reference, numbered, covers } = file('trees.json')
  const tree = new LeafTree(
    sha256,
    reference.leaves.map(leaf => hashLeaf(sha256, fromHex(leaf))),
  )
  const large = numberedTree(70_000)

  it('of Certificate Transparency’s leaves have the roots everyone knows', () => {
    expect(reference.roots).toEqual(Array.from({ length: 9 }, (_, size) => hexOf(tree.root(size))))
    for (const { proof, ...place } of reference.inclusion) expect(proveInclusion(sha256, place, tree.read).map(hexOf)).toEqual(proof)
    for (const { proof, ...sizes } of reference.consistency) expect(proveConsistency(sha256, sizes, tree.read).map(hexOf)).toEqual(proof)
  })

  it('of numbers have these roots', () => {
    expect(numbered.roots.map(({ size }) => ({ size, root: hexOf(large.root(size)) }))).toEqual(numbered.roots)
  })

  it.each(numbered.compact)('of $size numbers are kept in these hashes', ({ size, hashes }) => {
    const range = CompactRange.restore(sha256, size, hashes.map(fromHex))
    expect(range.root()).toEqual(large.root(size))
    const grown = new CompactRange(sha256)
    for (let i = 0; i < size; i++) grown.append(large.read(0, i))
    expect(grown.hashes().map(hexOf)).toEqual(hashes)
  })

  it.each(covers)('from $from to $to are covered by these subtrees', ({ from, to, subtrees }) => {
    expect(coverRange(from, to).map(({ level, index }) => [level, index])).toEqual(subtrees)
  })
})

describe('inclusion', () => {
  it.each(file('inclusion.json').cases)('$name: $valid', ({ index, size, leafHash, proof, root, valid }) => {
    const claim = { index, size, leafHash: parseBase64(leafHash), proof: proof.map(parseBase64), root: parseBase64(root) }
    expect(verifyInclusion(sha256, claim)).toBe(valid)
  })
})

describe('consistency', () => {
  it.each(file('consistency.json').cases)('$name: $valid', ({ from, to, proof, valid }) => {
    expect(verifyConsistency(sha256, { from: headOf(from), to: headOf(to), proof: proof.map(parseBase64) })).toBe(valid)
  })
})

describe('verifier keys', () => {
  const { valid, invalid } = file('verifier-keys.json')

  it.each(valid)('$vkey', ({ vkey, name, id, type, publicKey }) => {
    const key = keyOf(vkey)
    expect({ ...key, keyId: hexOf(key.keyId), publicKey: hexOf(key.publicKey) }).toEqual({ name, keyId: id, type, publicKey })
    expect(formatVerifierKey(key)).toBe(vkey)
    if (canVerify(type)) expect(makeVerifierKey(sha256, key).keyId).toEqual(key.keyId)
  })

  it.each(invalid)('$name is refused as $code', invalidKey => {
    expect(errorOf(() => keyOf(utf8Decoder.decode(bytesOf(invalidKey))))).toEqual(expected(invalidKey))
  })
})

describe('notes', () => {
  const { valid, invalid } = file('notes.json')

  it.each(valid)('$name', ({ note, vkeys, verified, text, signatures }) => {
    const opened = openNote(utf8Encoder.encode(note), vkeys.map(verifierOf))
    expect(opened.note.text).toBe(text)
    expect(opened.note.signatures.length).toBe(signatures)
    expect(idsOf(opened.verified).toSorted()).toEqual(idsOf(verified.map(keyOf)).toSorted())
    expect(utf8Decoder.decode(formatNote(opened.note))).toBe(note)
  })

  it.each(invalid)('$name is refused as $code', ({ code, vkeys, ...rest }) => {
    const bytes = 'note' in rest ? utf8Encoder.encode(rest.note) : parseBase64(rest.base64)
    expect(errorOf(() => openNote(bytes, vkeys.map(verifierOf)))).toEqual({ code })
  })
})

describe('checkpoints', () => {
  const { texts: ofTexts, signed, cosignedMessages } = file('checkpoints.json')

  it.each(ofTexts.valid)('$text', ({ text, origin, size, root, extensions }) => {
    const checkpoint = parseCheckpoint(text)
    expect(checkpoint).toEqual({ origin, size, root: parseBase64(root), extensions: extensions ?? [] })
    if (!extensions) expect(formatCheckpoint(checkpoint)).toBe(text)
  })

  it.each(ofTexts.invalid)('$name is refused as $code', invalid => {
    expect(errorOf(() => parseCheckpoint(utf8Decoder.decode(bytesOf(invalid))))).toEqual(expected(invalid))
  })

  it.each(signed.valid)('$name', one => {
    const { checkpoint, note, logKeys, witnesses } = openCheckpoint(utf8Encoder.encode(one.note), knownKeys(one))
    expect(checkpoint).toMatchObject({ origin: one.origin, size: one.size, root: parseBase64(one.root) })
    expect(idsOf(logKeys)).toEqual(idsOf(one.signedBy.map(keyOf)))
    expect(idsOf(witnesses)).toEqual(idsOf(one.cosignedBy.map(keyOf)))
    expect(witnesses.map(witness => cosignedAt(note, witness))).toEqual(one.cosignedAt)
  })

  it.each(signed.invalid)('$name is refused as $code', one => {
    expect(errorOf(() => openCheckpoint(utf8Encoder.encode(one.note), knownKeys(one)))).toEqual({ code: one.code })
  })

  it.each(cosignedMessages)('at $time a witness signs the time and the whole text', ({ text, time, message, vkey, signature }) => {
    expect(utf8Decoder.decode(cosignedMessage(utf8Encoder.encode(text), time))).toBe(message)
    expect(parseCosignature(parseBase64(signature)).timestamp).toBe(time)
    expect(verifierOf(vkey).verify(utf8Encoder.encode(text), parseBase64(signature))).toBe(true)
  })
})

describe('tlog proofs', () => {
  const { valid, invalid } = file('tlog-proofs.json')
  const open = (one: ProofCase) =>
    openTlogProof(sha256, utf8Encoder.encode(one.file), { leafHash: hashLeaf(sha256, parseBase64(one.leaf)), ...knownKeys(one) })

  it.each(valid)('$name', one => {
    const opened = open(one)
    expect(opened.index).toBe(one.index)
    expect(opened.checkpoint.size).toBe(one.size)
    expect(opened.witnesses.length).toBe(one.witnesses.length)
    const parsed = parseTlogProof(utf8Encoder.encode(one.file))
    expect(parsed.extra && formatBase64(parsed.extra)).toBe(one.extra)
    expect(utf8Decoder.decode(formatTlogProof(parsed))).toBe(one.file)
  })

  it.each(invalid)('$name is refused as $code', one => {
    expect(errorOf(() => open(one)).code).toBe(one.code)
  })
})

describe('tlog policies', () => {
  const { valid, invalid } = file('tlog-policies.json')
  const listed = ({ key, url }: { key: ReturnType<typeof keyOf>; url?: string }) => ({
    vkey: formatVerifierKey(key),
    ...(url === undefined ? {} : { url }),
  })

  it.each(valid)('$name', one => {
    const policy = parseTlogPolicy(sha256, bytesOf(one))
    expect(policy.logs.map(listed)).toEqual(one.logs)
    expect(policy.witnesses.map(listed)).toEqual(one.witnesses)
    expect(one.cosigned.map(({ by }) => ({ by, isQuorum: isQuorum(policy, by.map(keyOf)) }))).toEqual(one.cosigned)
  })

  it.each(invalid)('$name is refused as $code on line $line', one => {
    expect(errorOf(() => parseTlogPolicy(sha256, bytesOf(one)))).toEqual(expected(one))
  })
})

describe('tiles', () => {
  const { paths, widths, numbered, bundles } = file('tiles.json')

  it.each(paths.valid)('$path', ({ path, ...address }) => {
    expect(parseTilePath(path)).toEqual(address)
    expect(tilePath(address.level, address.index, address.width)).toBe(path)
  })

  it.each(paths.invalid)('`$path` is refused', ({ path }) => {
    expect(() => parseTilePath(path)).toThrow(ProofError)
  })

  it('are as wide as the tree has them', () => {
    expect(widths.map(({ size, level, index }) => ({ size, level, index, width: tileWidthAt(size, level, index) }))).toEqual(widths)
  })

  it('of numbers are these files', () => {
    const tree = numberedTree(numbered.size)
    const places = (path: string) => {
      const { level, index, width } = parseTilePath(path)
      return Array.from({ length: width }, (_, i) => ({ level, number: index * 256 + i }))
    }
    const tiles = numbered.tiles.map(({ path }) => {
      const hashes = places(path).flatMap(({ level, number }) => [...tree.read(Number(level) * 8, number)])
      return { path, sha256: hexOf(sha256(Uint8Array.from(hashes))) }
    })
    expect(tiles).toEqual(numbered.tiles)
    const entries = numbered.bundles.map(({ path }) => {
      const bundle = formatEntryBundle(places(path).map(({ number }) => utf8Encoder.encode(String(number))))
      return { path, sha256: hexOf(sha256(bundle)) }
    })
    expect(entries).toEqual(numbered.bundles)
  })

  it.each(bundles.valid)('bundle of $name', ({ entries, base64 }) => {
    expect(formatBase64(formatEntryBundle(entries.map(parseBase64)))).toBe(base64)
    expect(parseEntryBundle(parseBase64(base64), entries.length).map(formatBase64)).toEqual(entries)
  })

  it.each(bundles.invalid)('bundle with $name is refused as $code', ({ width, base64, code }) => {
    expect(errorOf(() => parseEntryBundle(parseBase64(base64), width))).toEqual({ code })
  })
})

describe('leaves', () => {
  const { valid, invalid } = file('leaves.json')

  it.each(valid)('$text', ({ text, leaf }) => {
    expect(parseLogLeaf(utf8Encoder.encode(text))).toEqual(leaf)
    expect(utf8Decoder.decode(formatLogLeaf(leaf))).toBe(text)
  })

  it.each(invalid)('$name is refused as $code', one => {
    expect(errorOf(() => parseLogLeaf(bytesOf(one)))).toEqual(expected(one))
  })

  it('are there of every kind', () => {
    const kinds = 'approval config deny epoch erase hold key open policy read retain seal'
    expect([...new Set(valid.map(({ leaf }) => leaf.kind))].toSorted().join(' ')).toBe(kinds)
  })
})

describe('epoch lists', () => {
  const { valid, invalid } = file('epoch-lists.json')

  it.each(valid)('of $count', ({ text, heads, root }) => {
    const parsed = parseEpochList(utf8Encoder.encode(text))
    expect(parsed).toEqual(heads.map(head => ({ id: head.id, ...headOf(head) })))
    expect(utf8Decoder.decode(formatEpochList(parsed.toReversed()))).toBe(text)
    expect(formatBase64(epochRoot(sha256, parsed))).toBe(root)
  })

  it.each(invalid)('$name is refused as $code', one => {
    expect(errorOf(() => parseEpochList(bytesOf(one)))).toEqual(expected(one))
  })
})
