import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8Decoder } from '../cast/utf8.ts'
import { formatBase64 } from './base64.ts'
import { epochRoot, formatEpochLine, formatEpochList, parseEpochList, type EpochHead } from './epoch-list.ts'
import { hashLeaf } from './hash.ts'
import { formatLogLeaf, parseLogLeaf, type LogLeaf } from './leaf.ts'
import { LeafTree } from './leaf-tree.ts'
import { numberedTree, sha256, testLogKey } from './test-crypto.ts'
import { coverRange } from './tree.ts'

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(formatBase64)
const time = fc.maxSafeNat()
const session = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,40}$/)
const ofLedger = { atUs: time, entry: time, hash }
const { vkey } = testLogKey('log.example')

const anyLeaf: fc.Arbitrary<LogLeaf> = fc.oneof(
  fc.record({ kind: fc.constant('key' as const), atUs: time, vkey: fc.constant(vkey), replaces: fc.constantFrom(null, vkey) }),
  fc.record({ kind: fc.constant('open' as const), atUs: time, session, number: fc.integer({ min: 1 }), header: hash }),
  fc.record({ kind: fc.constant('epoch' as const), atUs: time, number: fc.integer({ min: 1 }), count: fc.nat(), root: hash }),
  fc.record({
    kind: fc.constant('seal' as const),
    atUs: time,
    session,
    size: fc.nat(),
    root: hash,
    bytes: time,
    reason: fc.constantFrom('client closed' as const, 'interrupted' as const),
  }),
  fc.record({ kind: fc.constant('deny' as const), atUs: time, session, line: time, hash, reason: fc.constant('policy') }),
  fc.record({ kind: fc.constant('deny' as const), atUs: time, reason: fc.constant('no token'), commitment: hash }),
  fc.record({ kind: fc.constantFrom('approval' as const, 'policy' as const), ...ofLedger }),
  fc.record({ kind: fc.constant('read' as const), ...ofLedger, session }, { requiredKeys: ['kind', 'atUs', 'entry', 'hash'] }),
  fc.record(
    { kind: fc.constant('hold' as const), ...ofLedger, session, placed: fc.boolean(), run: fc.constant('r-1') },
    { requiredKeys: ['kind', 'atUs', 'entry', 'hash', 'placed'] },
  ),
  fc.record({ kind: fc.constant('retain' as const), ...ofLedger, session, size: fc.nat(), root: hash }),
)

const someHash = formatBase64(new Uint8Array(32))
const erasure = (from: number, to: number, hashes = coverRange(from, to).map(() => someHash)): LogLeaf => ({
  kind: 'erase',
  atUs: 1,
  entry: 2,
  hash: someHash,
  session: 's',
  from,
  to,
  hashes,
  void: someHash,
})

describe('a leaf of the log', () => {
  it('is read as it was written, whatever order its fields were given in', () => {
    fc.assert(
      fc.property(anyLeaf, leaf => {
        const bytes = formatLogLeaf(leaf)
        expect(parseLogLeaf(bytes)).toEqual(leaf)
        const turned = Object.fromEntries(Object.entries(leaf).toReversed()) as unknown as LogLeaf
        expect(formatLogLeaf(turned)).toEqual(bytes)
        expect(utf8Decoder.decode(bytes)).not.toMatch(/[\s]"|":\s/)
      }),
    )
  })

  it('of an erasure has the hashes that stand for its lines, no more and no fewer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), fc.integer({ min: 1, max: 2 ** 40 }), (from, length) => {
        const leaf = erasure(from, from + length)
        expect(parseLogLeaf(formatLogLeaf(leaf))).toEqual(leaf)
        const hashes = coverRange(from, from + length).map(() => someHash)
        expect(() => formatLogLeaf(erasure(from, from + length, hashes.slice(1)))).toThrow(TypeError)
        expect(() => formatLogLeaf(erasure(from, from + length, [...hashes, someHash]))).toThrow(TypeError)
      }),
    )
    expect(() => formatLogLeaf(erasure(5, 5))).toThrow(TypeError)
    expect(() => formatLogLeaf(erasure(0, 5))).toThrow(TypeError)
  })

  it('cannot be written as something that could not be read', () => {
    const open = { kind: 'open', atUs: 1, session: 's', number: 1, header: someHash } as const
    for (const change of [
      { session: 'a/b' },
      { session: '' },
      { number: 0 },
      { atUs: -1 },
      { atUs: 0.5 },
      { header: 'AAAA' },
      { more: 1 },
    ]) {
      expect(() => formatLogLeaf({ ...open, ...change } as LogLeaf)).toThrow(TypeError)
    }
  })

  it('is refused when it is too long to be an entry', () => {
    expect(() => parseLogLeaf(new Uint8Array(0x1_0000).fill(0x20))).toThrow('expected a leaf of at most 65535 bytes')
  })
})

describe('an epoch list', () => {
  const tree = numberedTree(50)
  const head = fc.record({ id: session, size: fc.nat(50) }).map(({ id, size }): EpochHead => ({ id, size, root: tree.root(size) }))
  const list = fc.uniqueArray(head, { selector: ({ id }) => id, maxLength: 20 })

  it('is the same in whatever order its heads come', () => {
    fc.assert(
      fc.property(list, heads => {
        const bytes = formatEpochList(heads)
        expect(formatEpochList(heads.toReversed())).toEqual(bytes)
        const read = parseEpochList(bytes)
        expect(new Set(read.map(({ id }) => id))).toEqual(new Set(heads.map(({ id }) => id)))
        expect(formatEpochList(read)).toEqual(bytes)
        expect(epochRoot(sha256, heads)).toEqual(epochRoot(sha256, read))
      }),
    )
  })

  it('has the root of the tree of its lines', () => {
    fc.assert(
      fc.property(list, heads => {
        const lines = utf8Decoder.decode(formatEpochList(heads)).split('\n').slice(0, -1)
        const leaves = new LeafTree(
          sha256,
          lines.map(line => hashLeaf(sha256, new Uint8Array(Buffer.from(line)))),
        )
        expect(epochRoot(sha256, heads)).toEqual(leaves.root())
      }),
    )
  })

  it('has each id once, and only what can be an id', () => {
    const one = { id: 'a', size: 1, root: tree.root(1) }
    expect(() => formatEpochList([one, { ...one, size: 2 }])).toThrow('expected each id once')
    expect(() => epochRoot(sha256, [one, one])).toThrow('expected each id once')
    for (const id of ['', 'a b', 'a\n', '../a']) expect(() => formatEpochLine({ ...one, id })).toThrow(TypeError)
  })
})
