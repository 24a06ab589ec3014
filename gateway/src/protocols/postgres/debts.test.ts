import { describe, expect, it } from 'vitest'
import { Debts, owed, portalOf, textOf, type Debt } from './debts.ts'
import type { Portal, Prepared } from './names.ts'

const prepared = (text: string, group = 0): Prepared => ({
  text,
  oids: [],
  n: 1,
  columns: null,
  renames: null,
  runsCode: null,
  isDoubtful: false,
  group,
  seq: Infinity,
})
const portal = (of: Prepared): Portal => ({
  prepared: of,
  statement: 's',
  parameters: [],
  resultFormats: [],
  columns: null,
  isBound: false,
  isDoubtful: false,
  group: of.group,
  seq: Infinity,
})
const debt = (what: Debt['what'], n: number | null, more: Partial<Debt> = {}): Debt => ({
  ...owed(what, n === null ? null : { n }),
  ...more,
})
const owing = (...all: Debt[]) => {
  const debts = new Debts()
  for (const one of all) debts.add(one)
  return debts
}
const whatIsOwed = (debts: Debts) => {
  const all: string[] = []
  for (let one = debts.pay(); one; one = debts.pay()) all.push(one.what)
  return all
}
/** Settled by the time that others had their turn. */
const isSettled = async (promise: Promise<void>) => {
  let settled = false
  void promise.then(() => (settled = true))
  await new Promise(resolve => setImmediate(resolve))
  return settled
}

describe('debts', () => {
  it('are paid in the order they were made', () => {
    const debts = owing(debt('parse', 1), debt('bind', 1), debt('execute', 1), debt('sync', null))
    expect(debts.runsNext({ n: 1 })).toBe(true)
    expect(debts.runsNext({ n: 2 })).toBe(false)
    expect(whatIsOwed(debts)).toEqual(['parse', 'bind', 'execute', 'sync'])
    expect(debts.first).toBeUndefined()
  })

  it('up to the next Sync are skipped after an error', () => {
    const debts = owing(debt('bind', 1), debt('execute', 1), debt('sync', null), debt('parse', 2))
    expect(debts.skipToSync().map(({ what }) => what)).toEqual(['bind', 'execute'])
    expect(debts.isSkipping).toBe(false)
    expect(whatIsOwed(debts)).toEqual(['sync', 'parse'])
  })

  it('are not made while the target skips to a Sync that was not sent yet', () => {
    const debts = owing(debt('bind', 1), debt('execute', 1))
    expect(debts.skipToSync()).toHaveLength(2)
    expect(debts.isSkipping).toBe(true)
    debts.stopSkipping()
    expect(debts.isSkipping).toBe(false)
  })

  it('know the text they are about', () => {
    const of = prepared('select 1')
    expect(textOf(debt('query', 1, { text: 'select 2' }))).toBe('select 2')
    expect([textOf(debt('parse', 1, { shape: of })), portalOf(debt('parse', 1, { shape: of }))]).toEqual(['select 1', null])
    const bound = portal(of)
    expect([textOf(debt('execute', 1, { shape: bound })), portalOf(debt('execute', 1, { shape: bound }))]).toEqual(['select 1', bound])
  })
})

describe('content that is copied in', () => {
  it('belongs to the command that takes it, else to the last that was sent', () => {
    const debts = owing(debt('query', 1), debt('query', 2))
    expect(debts.fed).toEqual({ n: 2 })
    debts.beginCopyIn({ n: 1 })
    expect(debts.fed).toEqual({ n: 1 })
    debts.endCopyIn()
    expect(debts.fed).toEqual({ n: 2 })
    expect(new Debts().fed).toBeNull()
  })

  it('swallows each Sync that was sent before its end', () => {
    const debts = owing(debt('execute', 1), debt('sync', null))
    debts.beginCopyIn({ n: 1 })
    expect(debts.isCopyingIn).toBe(true)
    expect(whatIsOwed(debts)).toEqual(['execute'])
  })

  it('leaves a Sync that was sent behind its end', () => {
    const debts = owing(debt('execute', 1), debt('sync', null))
    debts.endCopyIn()
    debts.add(debt('sync', null))
    debts.beginCopyIn({ n: 1 })
    expect(whatIsOwed(debts)).toEqual(['execute', 'sync'])
  })
})

describe('who waits for rest', () => {
  it('goes on when nothing is owed any more', async () => {
    const debts = owing(debt('query', 1))
    const rest = debts.rest()
    debts.wakeResting()
    expect(await isSettled(rest)).toBe(false)
    debts.pay()
    debts.wakeResting()
    expect(await isSettled(rest)).toBe(true)
  })

  it('goes on when the target waits itself, for content', async () => {
    const debts = owing(debt('query', 1))
    const rest = debts.rest()
    debts.beginCopyIn({ n: 1 })
    debts.wakeResting()
    expect(await isSettled(rest)).toBe(true)
  })
})

describe('a name is unsettled', () => {
  it('while the group of messages that gave it is sent and not answered', () => {
    const given = prepared('select 1', 0)
    const debts = owing(debt('parse', 1, { shape: given }), debt('sync', null))
    expect(debts.isUnsettled(given, 's')).toBe(false)
    debts.endGroup()
    expect(debts.isUnsettled(given, 's')).toBe(true)
    expect(debts.isUnsettled(given, '')).toBe(true)
    debts.groupAnswered()
    debts.pay()
    expect(debts.isUnsettled(given, 's')).toBe(false)
  })

  it('while a Close of it may yet be skipped', () => {
    const debts = owing(debt('close', null, { text: 's' }))
    expect(debts.isUnsettled(undefined, 's')).toBe(true)
    expect(debts.isUnsettled(undefined, 'other')).toBe(false)
  })

  it('while something is owed that may give it another meaning', () => {
    const given = prepared('select 1', 0)
    const renaming: Debt[] = [
      debt('query', 2, { text: 'deallocate s' }),
      debt('execute', 2, { shape: portal(prepared('prepare s as select 2')) }),
      debt('execute', 2),
      debt('call', 2),
    ]
    for (const one of renaming) {
      const debts = owing(debt('parse', 1, { shape: given }), one)
      expect([one.what, debts.isUnsettled(given, 's'), debts.isUnsettled(given, '')]).toEqual([one.what, true, false])
    }
    for (const one of [debt('query', 2, { text: 'select 1' }), debt('execute', 2, { shape: portal(prepared('select 1')) })])
      expect(owing(debt('parse', 1, { shape: given }), one).isUnsettled(given, 's')).toBe(false)
  })

  it('not by what was sent before it was given', () => {
    const given = prepared('select 1', 0)
    const debts = owing(debt('query', 1, { text: 'deallocate s' }), debt('parse', 2, { shape: given }))
    expect(debts.isUnsettled(given, 's')).toBe(false)
  })

  it('not while content is copied in: what comes there out of turn is refused', () => {
    const given = prepared('select 1', 0)
    const debts = owing(debt('query', 1, { text: 'deallocate s' }), debt('query', 2))
    debts.beginCopyIn({ n: 1 })
    expect(debts.isUnsettled(given, 's')).toBe(false)
  })

  it('for all names as long as a debt is not paid that is known to rename', () => {
    const one = debt('query', 1)
    const debts = owing(one)
    expect(debts.mayRenameYet).toBe(false)
    debts.mayRename(one)
    expect(debts.mayRenameYet).toBe(true)
    debts.pay()
    expect(debts.mayRenameYet).toBe(false)
  })
})
