import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8Decoder, utf8Encoder } from '../cast/utf8.ts'
import { formatBase64, parseBase64, parseHash } from './base64.ts'
import { formatCheckpoint, openCheckpoint, parseCheckpoint } from './checkpoint.ts'
import { formatCosignature, parseCosignature } from './cosignature.ts'
import { entryBundleSize, formatEntryBundle, parseEntryBundle, wholeEntries } from './entry-bundle.ts'
import { epochRoot, formatEpochList, parseEpochList } from './epoch-list.ts'
import { hashLeaf, isSameHash } from './hash.ts'
import { proveInclusion } from './inclusion.ts'
import { formatLogLeaf, parseLogLeaf, type LogLeaf } from './leaf.ts'
import { formatNote, openNote, parseNote, signNote } from './note.ts'
import { ProofError } from './proof-error.ts'
import { numberedTree, sha256, testLogKey, testWitness } from './test-crypto.ts'
import { decodeUtf8 } from './text.ts'
import { parseTilePath, tilePath } from './tiles.ts'
import { isQuorum, parseTlogPolicy } from './tlog-policy.ts'
import { formatTlogProof, openTlogProof, parseTlogProof } from './tlog-proof.ts'
import { formatVerifierKey, parseVerifierKey } from './verifier-key.ts'

const log = testLogKey('log.example')
const witness = testWitness('witness.example', 1_763_700_000)
const tree = numberedTree(100)
const checkpoint = signNote(formatCheckpoint({ origin: 'log.example', size: 100, root: tree.root() }), [log.signer, witness.signer])
const keys = { logKeys: [log.verifier], witnesses: [witness.verifier] }
const leafHash = hashLeaf(sha256, utf8Encoder.encode('41'))
const tlogProof = formatTlogProof({
  extra: Uint8Array.of(1, 2),
  index: 41,
  proof: proveInclusion(sha256, { index: 41, size: 100 }, tree.read),
  checkpoint,
})
const base64 = formatBase64(tree.root())
const leaves: LogLeaf[] = [
  { kind: 'seal', atUs: 5, session: 's-1', size: 12, root: base64, bytes: 4096, reason: 'client closed' },
  { kind: 'erase', atUs: 5, entry: 6, hash: base64, session: 's-1', from: 3, to: 4, hashes: [base64], void: base64 },
  { kind: 'deny', atUs: 5, reason: 'token expired', commitment: base64 },
  { kind: 'key', atUs: 5, vkey: log.vkey, replaces: null },
]
const heads = [
  { id: 'ledger', size: 7, root: tree.root(7) },
  { id: 's-1', size: 12, root: tree.root(12) },
]
const policy = `log ${log.vkey}\nwitness W ${witness.vkey} https://w.example\ngroup g any W\nquorum g\n`
const bundle = formatEntryBundle([utf8Encoder.encode('one'), new Uint8Array(0), utf8Encoder.encode('three')])

interface Reader {
  name: string
  /** What it takes. */
  samples: Uint8Array[]
  read(bytes: Uint8Array): unknown
  /** What it read, written again: it must be the very bytes, so that nothing passes which a reader overlooked. */
  write?(bytes: Uint8Array): Uint8Array
}

const textReader = (parse: (text: string) => unknown) => (bytes: Uint8Array) => parse(decodeUtf8(bytes))

const readers: Reader[] = [
  { name: 'parseBase64', samples: [utf8Encoder.encode(base64)], read: textReader(parseBase64) },
  { name: 'parseHash', samples: [utf8Encoder.encode(base64)], read: textReader(parseHash) },
  {
    name: 'parseVerifierKey',
    samples: [utf8Encoder.encode(log.vkey), utf8Encoder.encode(witness.vkey)],
    read: textReader(text => parseVerifierKey(sha256, text)),
    write: bytes => utf8Encoder.encode(formatVerifierKey(parseVerifierKey(sha256, utf8Decoder.decode(bytes)))),
  },
  { name: 'parseNote', samples: [checkpoint], read: parseNote, write: bytes => formatNote(parseNote(bytes)) },
  { name: 'openNote', samples: [checkpoint], read: bytes => openNote(bytes, [log.verifier, witness.verifier]) },
  { name: 'openCheckpoint', samples: [checkpoint], read: bytes => openCheckpoint(bytes, keys) },
  {
    name: 'parseCheckpoint',
    samples: [utf8Encoder.encode(parseNote(checkpoint).text)],
    read: textReader(parseCheckpoint),
    write: bytes => {
      const { extensions, ...rest } = parseCheckpoint(utf8Decoder.decode(bytes))
      return utf8Encoder.encode(formatCheckpoint(rest) + extensions.map(line => `${line}\n`).join(''))
    },
  },
  {
    name: 'parseCosignature',
    samples: [parseNote(checkpoint).signatures[1]!.signature],
    read: parseCosignature,
    write: bytes => formatCosignature(parseCosignature(bytes)),
  },
  { name: 'parseTlogProof', samples: [tlogProof], read: parseTlogProof, write: bytes => formatTlogProof(parseTlogProof(bytes)) },
  { name: 'openTlogProof', samples: [tlogProof], read: bytes => openTlogProof(sha256, bytes, { leafHash, ...keys }) },
  {
    name: 'parseTlogPolicy',
    samples: [utf8Encoder.encode(policy)],
    read: bytes => isQuorum(parseTlogPolicy(sha256, bytes), [witness.key]),
  },
  {
    name: 'parseTilePath',
    samples: ['tile/0/x001/x234/067.p/12', 'tile/entries/000'].map(path => utf8Encoder.encode(path)),
    read: textReader(parseTilePath),
    write: bytes => {
      const { level, index, width } = parseTilePath(utf8Decoder.decode(bytes))
      return utf8Encoder.encode(tilePath(level, index, width))
    },
  },
  {
    name: 'parseEntryBundle',
    samples: [bundle],
    read: bytes => [parseEntryBundle(bytes, 3), entryBundleSize(bytes, 2), wholeEntries(bytes)],
    write: bytes => formatEntryBundle(parseEntryBundle(bytes, 3)),
  },
  {
    name: 'parseLogLeaf',
    samples: leaves.map(formatLogLeaf),
    read: parseLogLeaf,
    write: bytes => formatLogLeaf(parseLogLeaf(bytes)),
  },
  {
    name: 'parseEpochList',
    samples: [formatEpochList(heads)],
    read: bytes => epochRoot(sha256, parseEpochList(bytes)),
    write: bytes => formatEpochList(parseEpochList(bytes)),
  },
]

/** Bytes that such a text could have got in place of others. */
const pieces = [
  '\n',
  '\n\n',
  ' ',
  '\t',
  '+',
  '=',
  '— ',
  '\0',
  '\r',
  '"',
  '{',
  '}',
  '[',
  ',',
  ':',
  '/',
  'x',
  '0',
  '1',
  '-',
  '.',
  '\u00a0',
  '𝟙',
  '__proto__',
]

describe.each(readers)('$name', ({ samples, read, write }) => {
  const isTaken = (bytes: Uint8Array): boolean => {
    try {
      read(bytes)
    } catch (error) {
      if (error instanceof ProofError) return false
      throw error
    }
    if (write && !isSameHash(write(bytes), bytes)) throw new Error(`read as something else: ${Buffer.from(bytes).toString('latin1')}`)
    return true
  }

  it('takes what is right', () => {
    for (const sample of samples) expect(isTaken(sample)).toBe(true)
  })

  it('says what is wrong with its input at every cut', () => {
    for (const sample of samples) {
      for (let end = 0; end < sample.length; end++) {
        isTaken(sample.subarray(0, end))
        isTaken(sample.subarray(end))
      }
    }
  })

  it('says what is wrong wherever a byte changes', () => {
    for (const sample of samples) {
      for (let i = 0; i < sample.length; i++) {
        for (const byte of [sample[i]! ^ 0x01, sample[i]! ^ 0x80, 0x00, 0x0a, 0x20, 0x22, 0xff]) isTaken(sample.with(i, byte))
      }
    }
  })

  it('says what is wrong with whatever is put in, taken out or doubled', () => {
    const piece = fc.oneof(
      fc.constantFrom(...pieces).map(text => utf8Encoder.encode(text)),
      fc.uint8Array({ maxLength: 5 }),
    )
    const edit = fc.record({ at: fc.nat(), length: fc.nat({ max: 30 }), put: piece, twice: fc.boolean() })
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.array(edit, { minLength: 1, maxLength: 4 }), (sample, edits) => {
        const bytes = edits.reduce<Uint8Array>((before, { at, length, put, twice }) => {
          const from = at % (before.length + 1)
          const to = Math.min(before.length, from + length)
          const taken = twice ? before.subarray(from, to) : new Uint8Array(0)
          return Uint8Array.of(...before.subarray(0, from), ...taken, ...put, ...taken, ...before.subarray(to))
        }, sample)
        isTaken(bytes)
      }),
      { numRuns: 500 },
    )
  })

  it('says what is wrong with garbage', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.string({ maxLength: 200 }).map(text => utf8Encoder.encode(text)),
        ),
        bytes => {
          isTaken(bytes)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('is not worn out by much of the same', () => {
    for (const text of ['\n', 'a', '[', '— ', 'group g all g\n', '=', 'x', '0', '{"a":']) {
      for (const count of [10_000, 300_000]) isTaken(utf8Encoder.encode(text.repeat(count)))
    }
  })
})
