import { beforeEach, describe, expect, it } from 'vitest'
import { readLedger } from '../journal/ledger.ts'
import type { Disk } from '../runtime/machine.ts'
import { SimulatedDisk } from '../runtime/simulated-disk.ts'
import { SimulatedMachine } from '../runtime/simulated.ts'
import { PolicyFiles, PolicyFilesInvalid } from './from-files.ts'
import { commandOf, forbidding, sessionAt, startPolicies } from './test-policies.ts'

let machine: SimulatedMachine
beforeEach(() => {
  machine = new SimulatedMachine()
  machine.disk.makeDirectory('/policies')
})

const write = (name: string, text: string) => machine.disk.replace(`/policies/${name}`, new TextEncoder().encode(text))
const remove = (name: string) => machine.disk.remove(`/policies/${name}`)

async function open({ disk = machine.disk }: { disk?: Disk } = {}) {
  const started = startPolicies(machine)
  const lines: string[] = []
  const files = await PolicyFiles.open({
    machine: { clock: machine.clock, disk },
    directory: '/policies',
    policies: started.policies,
    log: line => lines.push(line),
  })
  const verdict = (verb: string) => started.policies.forSession(sessionAt('shop')).judge(commandOf(verb)).judgement.verdict
  const names = () => started.policies.list().map(({ name }) => name)
  return { ...started, files, lines, verdict, names }
}

const looks = (count: number) => machine.advance(count * 1000)

describe('policies from files', () => {
  it('are in force from the start, by whom and from where in the ledger', async () => {
    write('guard.policy.ts', forbidding('DELETE'))
    write('other.policy.ts', forbidding('UPDATE'))
    write('readme.md', 'not a policy')
    write('.#guard.policy.ts', 'an editor’s lock')
    const { verdict, names } = await open()
    expect(names()).toEqual(['guard', 'other'])
    expect([verdict('DELETE'), verdict('UPDATE'), verdict('INSERT')]).toEqual(['deny', 'deny', 'allow'])
    expect(readLedger(machine.disk, '/data')).toMatchObject([
      {
        kind: 'policy published',
        name: 'guard',
        source: forbidding('DELETE'),
        by: { kind: 'gateway' },
        reason: 'from /policies/guard.policy.ts',
      },
      { kind: 'policy published', name: 'other' },
    ])
    await open()
    expect(readLedger(machine.disk, '/data')).toHaveLength(2)
  })

  it('keep a gateway from starting when any is broken, naming every place in every file', async () => {
    write('good.policy.ts', forbidding('DELETE'))
    write('one.policy.ts', forbidding('UPDATE').replace('op.verb', 'op.verbb'))
    write('two.policy.ts', forbidding('INSERT', { verdict: 'allow' }))
    write('three policies.policy.ts', forbidding('INSERT'))
    machine.disk.replace('/policies/four.policy.ts', new Uint8Array([0xff, 0xfe]))
    const error: unknown = await open().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(PolicyFilesInvalid)
    const { message } = error as Error
    expect(message).toContain('/policies/one.policy.ts:3:')
    expect(message).toContain('/policies/two.policy.ts:6: test `INSERT is refused`: expected allow, got deny')
    expect(message).toContain('/policies/three policies.policy.ts:1:1: expected a name')
    expect(message).toContain('/policies/four.policy.ts:1:1: expected UTF-8 text')
    expect(message).not.toContain('good.policy.ts')
    expect(readLedger(machine.disk, '/data')).toEqual([])
  })

  it('keep a gateway from starting when their directory is not there', async () => {
    const { policies } = startPolicies(machine)
    const opened = PolicyFiles.open({ machine, directory: '/nowhere', policies, log: () => {} })
    await expect(opened).rejects.toThrow('/nowhere: expected a directory with policies, found none')
  })

  it('take up a change when two looks have found it alike, never half of it', async () => {
    write('guard.policy.ts', forbidding('DELETE'))
    const { verdict } = await open()
    write('guard.policy.ts', '')
    await looks(1)
    write('guard.policy.ts', forbidding('UPDATE'))
    await looks(1)
    expect([verdict('DELETE'), verdict('UPDATE')]).toEqual(['deny', 'allow'])
    await looks(1)
    expect([verdict('DELETE'), verdict('UPDATE')]).toEqual(['allow', 'deny'])
    write('new.policy.ts', forbidding('INSERT'))
    await looks(2)
    expect(verdict('INSERT')).toBe('deny')
  })

  it('stay as they were when a file breaks, which is said once and shown until it is mended', async () => {
    write('guard.policy.ts', forbidding('DELETE'))
    const { verdict, policies, files, lines } = await open()
    const { version } = policies.get('guard')!
    write('guard.policy.ts', forbidding('UPDATE').replace('op.verb', 'op.verbb'))
    await looks(10)
    expect(verdict('DELETE')).toBe('deny')
    expect(policies.get('guard')?.version).toBe(version)
    expect(lines.filter(line => line.startsWith(`policy \`guard\` STAYS ${version}: /policies/guard.policy.ts:3:`))).toHaveLength(1)
    expect(files.broken).toMatchObject([{ file: '/policies/guard.policy.ts', name: 'guard', problems: [{ line: 3 }] }])

    write('guard.policy.ts', forbidding('UPDATE', { verdict: 'allow' }))
    await looks(2)
    expect(files.broken).toMatchObject([{ problems: [], tests: [{ name: 'UPDATE is refused' }] }])
    expect(verdict('DELETE')).toBe('deny')

    write('guard.policy.ts', forbidding('UPDATE'))
    await looks(2)
    expect(files.broken).toEqual([])
    expect([verdict('DELETE'), verdict('UPDATE')]).toEqual(['allow', 'deny'])
  })

  it('say that a new file is not in force while it is broken', async () => {
    const { files, lines, names } = await open()
    write('guard.policy.ts', 'rule(')
    await looks(2)
    expect(names()).toEqual([])
    expect(lines.at(-1)).toContain('policy `guard` is NOT in force: /policies/guard.policy.ts:1:')
    remove('guard.policy.ts')
    await looks(2)
    expect(files.broken).toEqual([])
  })

  it('go with their file, loudly, once two looks have missed it', async () => {
    write('guard.policy.ts', forbidding('DELETE'))
    write('other.policy.ts', forbidding('UPDATE'))
    const { names, lines } = await open()
    remove('guard.policy.ts')
    await looks(1)
    write('guard.policy.ts', forbidding('DELETE'))
    await looks(3)
    expect(names()).toEqual(['guard', 'other'])
    remove('guard.policy.ts')
    await looks(1)
    expect(names()).toEqual(['guard', 'other'])
    await looks(1)
    expect(names()).toEqual(['other'])
    expect(lines.at(-1)).toMatch(/^policy `guard` \(guard@\w+\) is NO LONGER in force: there is no file/)
  })

  it('are never in force under no name while a file is renamed', async () => {
    write('guard.policy.ts', forbidding('DELETE'))
    const { names, verdict } = await open()
    remove('guard.policy.ts')
    write('renamed.policy.ts', forbidding('DELETE'))
    for (let n = 0; n < 4; n++) {
      await looks(1)
      expect(verdict('DELETE')).toBe('deny')
    }
    expect(names()).toEqual(['renamed'])
  })

  it('are not lost with a rename to a file that is broken', async () => {
    write('guard.policy.ts', forbidding('DELETE'))
    const { names, verdict, files, lines } = await open()
    remove('guard.policy.ts')
    write('renamed.policy.ts', 'rule(')
    await looks(10)
    expect(verdict('DELETE')).toBe('deny')
    expect(files.broken.map(({ name }) => name)).toEqual(['guard', 'renamed'])
    expect(lines.filter(line => line.startsWith('policy `guard` STAYS'))).toHaveLength(1)
    write('renamed.policy.ts', forbidding('DELETE'))
    await looks(3)
    expect(names()).toEqual(['renamed'])
    expect(files.broken).toEqual([])
  })

  it('stay when the whole directory cannot be read, and go on when it can', async () => {
    write('guard.policy.ts', forbidding('DELETE'))
    let isGone = false
    class Unmountable extends SimulatedDisk {
      override list = (path: string) => (isGone ? [] : machine.disk.list(path))
      override exists = (path: string) => !isGone && machine.disk.exists(path)
      override sizeBytes = (path: string) => machine.disk.sizeBytes(path)
      override read = (path: string) => machine.disk.read(path)
    }
    const { files, lines, names } = await open({ disk: new Unmountable({ clock: machine.clock, chance: () => 0 }) })
    isGone = true
    await looks(5)
    expect(names()).toEqual(['guard'])
    expect(files.broken).toMatchObject([{ file: '/policies', name: null }])
    expect(lines.filter(line => line.includes('STAY as they were: /policies: expected a directory'))).toHaveLength(1)
    isGone = false
    await looks(1)
    expect(files.broken).toEqual([])
    expect(names()).toEqual(['guard'])
  })

  it('are tried again when the ledger could not be written', async () => {
    write('guard.policy.ts', forbidding('DELETE'))
    const { verdict, files } = await open()
    write('guard.policy.ts', forbidding('UPDATE'))
    machine.disk.failWritesAfter(0)
    await looks(3)
    expect([verdict('DELETE'), verdict('UPDATE')]).toEqual(['deny', 'allow'])
    expect(files.broken).toMatchObject([{ messages: ['/policies/guard.policy.ts: the ledger cannot be written'] }])
    machine.disk.heal()
    await looks(1)
    expect(verdict('UPDATE')).toBe('deny')
    expect(files.broken).toEqual([])
  })

  it('take the place of what was published through the API before', async () => {
    const before = startPolicies(machine).policies
    await before.publish({ name: 'manual', source: forbidding('INSERT'), by: { kind: 'token', name: 'ci' }, reason: null })
    write('guard.policy.ts', forbidding('DELETE'))
    const { names, lines } = await open()
    expect(names()).toEqual(['guard'])
    expect(lines).toContainEqual(expect.stringMatching(/^policy `manual` .* is NO LONGER in force/))
  })

  it('are left alone once stopped', async () => {
    write('guard.policy.ts', forbidding('DELETE'))
    const { files, names } = await open()
    await files.stop()
    remove('guard.policy.ts')
    await looks(5)
    expect(names()).toEqual(['guard'])
  })
})
