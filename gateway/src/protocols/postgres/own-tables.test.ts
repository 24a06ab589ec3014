import type { Operation } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import type { Made, Making } from './making.ts'
import { OwnTables } from './own-tables.ts'

const light = (name: string, more: Partial<Made> = {}): Made => ({
  name,
  columns: ['a'],
  isTemporary: true,
  isCertain: true,
  isLight: true,
  isForTransaction: false,
  ...more,
})
const operation = (verb: string, more: Partial<Operation> = {}): Operation => ({ verb, tables: [], columns: [], ...more })

/** A session, and what it says each statement did. */
class Told {
  readonly own = new OwnTables()

  get names(): string[] {
    return this.own.list.map(({ name }) => name)
  }

  does(tag: string, operations: Operation[], making: Making = null): boolean {
    return this.own.done(tag, { operations, makings: [making] }, 0)
  }

  makes(name: string, more: Partial<Made> = {}): boolean {
    return this.does('CREATE TABLE', [operation('CREATE', { tables: [name] })], { what: 'makes', made: light(name, more) })
  }

  drops(...tables: string[]): boolean {
    return this.does('DROP TABLE', [operation('DROP', { tables })])
  }

  ends(tag: 'COMMIT' | 'ROLLBACK'): void {
    this.does(tag, [operation(tag)])
  }

  marks(name: string): void {
    this.does('SAVEPOINT', [operation('SAVEPOINT', { object: name })])
  }

  goesBackTo(name: string): void {
    this.does('ROLLBACK', [operation('ROLLBACK TO', { object: name })])
  }
}

describe('what a session makes', () => {
  it('is known from the statement on, and concerns the session alone when it is light', () => {
    const told = new Told()
    expect([told.makes('a'), told.makes('b', { isLight: false })]).toEqual([true, false])
    expect(told.names).toEqual(['a', 'b'])
    expect([
      told.own.has('a'),
      told.own.has('pg_temp.a'),
      told.own.has('c'),
      told.own.areLight(['a']),
      told.own.areLight(['a', 'b']),
    ]).toEqual([true, true, false, true, false])
  })

  it('has another key when it is another', () => {
    const told = new Told()
    const keys = [told.own.key]
    for (const act of [() => told.makes('a'), () => told.makes('b'), () => told.drops('a')]) {
      act()
      keys.push(told.own.key)
    }
    expect(new Set(keys).size).toBe(4)
    told.drops('b')
    expect(told.own.key).toBe('')
  })

  it('stays behind its transaction when it is light, and is for the catalogue when it is not', () => {
    const told = new Told()
    told.makes('light')
    told.makes('heavy', { isLight: false })
    told.makes('passing', { isForTransaction: true })
    told.ends('COMMIT')
    expect(told.names).toEqual(['light'])
    expect(told.own.idle()).toBe(false)
    expect(told.names).toEqual(['light'])
  })

  it('stays behind a transaction that ends by itself', () => {
    const told = new Told()
    told.makes('a')
    expect([told.own.idle(), told.names]).toEqual([false, ['a']])
  })

  it('is gone with what is rolled back', () => {
    const told = new Told()
    told.makes('before')
    told.own.idle()
    told.makes('a')
    told.marks('s')
    told.makes('b')
    told.drops('a')
    told.marks('t')
    told.own.failed()
    told.goesBackTo('s')
    expect(told.names).toEqual(['before', 'a'])
    told.ends('ROLLBACK')
    expect([told.names, told.own.idle()]).toEqual([['before'], false])
  })

  it('is gone with a savepoint that is not known, as far as the transaction made it', () => {
    const told = new Told()
    told.makes('a')
    told.goesBackTo('what is this')
    expect(told.names).toEqual([])
  })

  it('is not gone with a savepoint that was released', () => {
    const told = new Told()
    told.marks('s')
    told.makes('a')
    told.does('RELEASE', [operation('RELEASE', { object: 's' })])
    told.goesBackTo('s')
    expect(told.names).toEqual([])
    told.makes('b')
    told.marks('t')
    told.does('RELEASE', [operation('RELEASE', { object: 't' })])
    expect(told.names).toEqual(['b'])
  })

  it('is forgotten when its transaction failed, and the catalogue asked', () => {
    const told = new Told()
    told.makes('a')
    told.own.failed()
    expect([told.own.idle(), told.names, told.own.idle()]).toEqual([true, [], false])
  })

  it('is gone with a COMMIT that was a ROLLBACK', () => {
    const told = new Told()
    told.makes('a')
    told.own.failed()
    told.does('ROLLBACK', [operation('COMMIT')])
    expect(told.names).toEqual([])
  })

  it('is forgotten when code ran that may have replaced it, and the catalogue asked', () => {
    for (const hidden of [
      operation('OPAQUE', { isOpaque: true, inside: 'DO' }),
      operation('DROP', { inside: 'function public.f' }),
      operation('ROLLBACK', { inside: 'DO' }),
    ]) {
      const told = new Told()
      told.makes('a')
      told.own.idle()
      expect(told.does('SELECT 1', [operation('SELECT'), hidden])).toBe(false)
      expect([hidden.verb, told.names, told.own.idle()]).toEqual([hidden.verb, [], true])
    }
    const told = new Told()
    told.makes('a')
    told.does('SELECT 1', [operation('SELECT'), operation('SELECT', { inside: 'function public.f' })])
    told.own.done('SELECT 1', null, 0)
    expect(told.names).toEqual(['a'])
  })

  it('is forgotten when something is renamed', () => {
    const told = new Told()
    told.makes('a')
    told.does('ALTER TABLE', [operation('ALTER', { tables: ['a'] })], { what: 'moves' })
    expect(told.names).toEqual([])
  })

  it('counts only where no temporary relation can stand before it that nobody saw', () => {
    const told = new Told()
    told.own.unread()
    told.makes('doubtful', { isCertain: false })
    told.makes('certain')
    expect(told.names).toEqual(['certain'])
    told.does('DISCARD ALL', [operation('DISCARD', { object: 'all' })])
    told.makes('doubtful', { isCertain: false })
    expect(told.names).toEqual(['doubtful'])
  })
})

describe('the catalogue need not be read', () => {
  it('for an index on a light table, and for dropping it', () => {
    const told = new Told()
    told.makes('a')
    const index = (table: string, making: Making) =>
      told.does('CREATE INDEX', [operation('CREATE', { object: 'index', tables: [table] })], making)
    expect([index('a', { what: 'indexes' }), index('b', { what: 'indexes' }), index('a', null)]).toEqual([true, false, false])
    expect([told.drops('a', 'b'), told.makes('a'), told.drops('pg_temp.a'), told.drops('a')]).toEqual([false, true, true, false])
  })

  it('for DISCARD, but where the session may have more than is known', () => {
    const discard = (object: string) => [operation('DISCARD', { object })]
    const told = new Told()
    told.makes('a')
    expect([told.does('DISCARD PLANS', discard('plans')), told.names]).toEqual([true, ['a']])
    expect([told.does('DISCARD TEMP', discard('temp')), told.names]).toEqual([true, []])
    told.makes('view', { isLight: false })
    expect([
      told.does('DISCARD TEMP', discard('temp')),
      told.does('DISCARD ALL', discard('all')),
      told.does('DISCARD ALL', discard('all')),
    ]).toEqual([false, false, true])
  })
})
