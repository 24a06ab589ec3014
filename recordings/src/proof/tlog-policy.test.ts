import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8Encoder } from '../cast/utf8.ts'
import { sha256, testLogKey, testWitness } from './test-crypto.ts'
import { isQuorum, parseTlogPolicy } from './tlog-policy.ts'

const witnesses = Array.from({ length: 6 }, (_, i) => testWitness(`w${i}.example`, 0))
const witnessLines = witnesses.map(({ vkey }, i) => `witness W${i} ${vkey}\n`).join('')
const parse = (text: string) => parseTlogPolicy(sha256, utf8Encoder.encode(text))

/** A tree of groups over each of the witnesses once, with what it takes. */
type Group = number | { threshold: number; members: Group[] }

function groupsOver(members: Group[]): fc.Arbitrary<Group> {
  if (members.length === 1) return fc.constant(members[0]!)
  return fc.integer({ min: 2, max: members.length }).chain(count =>
    fc.integer({ min: 1, max: count }).chain(threshold => {
      const group: Group = { threshold, members: members.slice(0, count) }
      return groupsOver([...members.slice(count), group])
    }),
  )
}

function hasCosigned(group: Group, by: boolean[]): boolean {
  if (typeof group === 'number') return by[group]!
  return group.members.filter(member => hasCosigned(member, by)).length >= group.threshold
}

function linesOf(root: Group): { text: string; name: string } {
  let text = ''
  let groups = 0
  const write = (group: Group): string => {
    if (typeof group === 'number') return `W${group}`
    const members = group.members.map(write).join(' ')
    const name = `g${groups++}`
    text += `group ${name} ${group.threshold} ${members}\n`
    return name
  }
  const name = write(root)
  return { text, name }
}

describe('a quorum', () => {
  it('is what its groups say, however they are nested', () => {
    const cosigned = fc.array(fc.boolean(), { minLength: witnesses.length, maxLength: witnesses.length })
    fc.assert(
      fc.property(groupsOver([0, 1, 2, 3, 4, 5]), cosigned, (group, by) => {
        const { text, name } = linesOf(group)
        const policy = parse(`${witnessLines}${text}quorum ${name}\n`)
        const keys = witnesses.filter((_, i) => by[i]).map(({ key }) => key)
        expect(isQuorum(policy, keys)).toBe(hasCosigned(group, by))
      }),
    )
  })

  it('counts keys by name and id together', () => {
    const policy = parse(`${witnessLines}quorum W0\n`)
    const { key } = witnesses[0]!
    expect(isQuorum(policy, [key])).toBe(true)
    expect(isQuorum(policy, [{ ...key, name: 'other.example' }])).toBe(false)
    expect(isQuorum(policy, [{ ...key, keyId: witnesses[1]!.key.keyId }])).toBe(false)
  })

  it('is not made by the log’s own signature', () => {
    const log = testLogKey('log.example')
    expect(isQuorum(parse(`log ${log.vkey}\n${witnessLines}quorum W0\n`), [log.key])).toBe(false)
  })

  it('holds through a chain of a thousand groups', () => {
    const groups = Array.from({ length: 1000 }, (_, i) => `group g${i} any ${i === 0 ? 'W0' : `g${i - 1}`}\n`).join('')
    const policy = parse(`${witnessLines}${groups}quorum g999\n`)
    expect(isQuorum(policy, [witnesses[0]!.key])).toBe(true)
    expect(isQuorum(policy, [witnesses[1]!.key])).toBe(false)
  })
})

describe('a policy', () => {
  it('is bounded', () => {
    const groups = (count: number) => Array.from({ length: count }, (_, i) => `group g${i} any ${i === 0 ? 'W0' : `g${i - 1}`}\n`).join('')
    expect(parse(`${witnessLines}${groups(1024)}quorum none\n`).groups.length).toBe(1024)
    expect(() => parse(`${witnessLines}${groups(1025)}quorum none\n`)).toThrow('line 1031: expected at most 1024 groups')
    expect(() => parse(`# ${'x'.repeat(4 << 20)}\nquorum none\n`)).toThrow('expected at most 4194304 bytes')
  })
})
