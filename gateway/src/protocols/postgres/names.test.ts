import { createParser } from '@steno/policy-dsl'
import type { Operation } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { loadParserWasm } from '../../runtime/parser-wasm.ts'
import { Names, type Portal, type Prepared } from './names.ts'

const parser = await createParser({ loadWasm: loadParserWasm })

const prepared = (text: string): Prepared => ({
  text,
  oids: [],
  n: 1,
  columns: null,
  renames: null,
  runsCode: null,
  isDoubtful: false,
  group: 0,
  seq: 0,
})
const portal = (of: Prepared, isBound = true): Portal => ({
  prepared: of,
  statement: '',
  parameters: [],
  resultFormats: [],
  columns: null,
  isBound,
  isDoubtful: false,
  group: 0,
  seq: 0,
})
const operation = (more: Partial<Operation>): Operation => ({ verb: 'SELECT', tables: [], columns: [], ...more })
const select = operation({})
const execute = (name: string) => operation({ verb: 'EXECUTE', object: name })
const fetch = (name: string) => operation({ verb: 'FETCH', object: name })
/** A statement that was sent alone and is done. */
const done = (names: Names, tag: string, text: string) => names.done(tag, text, 0)

describe('a name', () => {
  it('is unknown until a text is recorded for it', () => {
    const names = new Names(parser)
    expect([names.statement('s'), names.portal('p'), names.preparedText('s'), names.cursorText('p')]).toEqual([
      undefined,
      undefined,
      null,
      null,
    ])
  })

  it('goes back to what it meant when the target never took the new meaning', () => {
    const names = new Names(parser)
    const [one, two] = [prepared('select 1'), prepared('select 2')]
    const undoOne = names.setStatement('s', one)
    const undoTwo = names.setStatement('s', two)
    undoTwo()
    expect(names.statement('s')).toBe(one)
    const undoClose = names.closeStatement('s')
    expect(names.statement('s')).toBeUndefined()
    undoClose()
    expect(names.statement('s')).toBe(one)
    undoOne()
    expect(names.statement('s')).toBeUndefined()
    names.setPortal('p', portal(one))()
    names.closePortal('p')()
    expect(names.portal('p')).toBeUndefined()
  })

  it('that SQL gave is the statement alone, not what else was sent with it', () => {
    const names = new Names(parser)
    const text = 'select 1; prepare one as select 2; declare c cursor for select 3'
    names.done('SELECT 1', text, 0)
    names.done('PREPARE', text, 1)
    names.done('DECLARE CURSOR', text, 2)
    expect([names.preparedText('one'), names.cursorText('c')]).toEqual(['prepare one as select 2', 'declare c cursor for select 3'])
  })

  it('is nothing any more when it cannot be told which name was given', () => {
    const names = new Names(parser)
    done(names, 'PREPARE', 'prepare one as select 1')
    done(names, 'PREPARE', 'what is this')
    expect(names.preparedText('one')).toBeNull()
    names.setPortal('p', portal(prepared('select 1')))
    names.setPortal('', portal(prepared('select 1')))
    done(names, 'DECLARE CURSOR', 'what is this')
    expect([names.portal('p'), names.portal('')?.prepared.text]).toEqual([undefined, 'select 1'])
  })

  it('is gone when SQL takes it away', () => {
    const ways: [tag: string, text: string, left: string[]][] = [
      ['DEALLOCATE', 'deallocate a', ['b', 'c', 'p']],
      ['DEALLOCATE', 'what is this', ['c', 'p']],
      ['DEALLOCATE ALL', 'deallocate all', ['c', 'p']],
      ['CLOSE CURSOR', 'close c', ['a', 'b']],
      ['DISCARD ALL', 'discard all', []],
      ['SELECT 1', 'select 1', ['a', 'b', 'c', 'p']],
    ]
    for (const [tag, text, left] of ways) {
      const names = new Names(parser)
      names.setStatement('a', prepared('select 1'))
      done(names, 'PREPARE', 'prepare b as select 1')
      done(names, 'DECLARE CURSOR', 'declare c cursor for select 1')
      names.setPortal('p', portal(prepared('select 1')))
      done(names, tag, text)
      const found = ['a', 'b', 'c', 'p'].filter(name => (names.preparedText(name) ?? names.cursorText(name)) !== null)
      expect([tag, found]).toEqual([tag, left])
    }
  })

  it('of a cursor replaces the portal that had it', () => {
    const names = new Names(parser)
    names.setPortal('c', portal(prepared('select 1')))
    done(names, 'DECLARE CURSOR', 'declare c cursor for select 2')
    expect(names.cursorText('c')).toBe('declare c cursor for select 2')
  })
})

describe('the end of a transaction', () => {
  const opened = () => {
    const names = new Names(parser)
    names.setPortal('bound', portal(prepared('select 1')))
    names.setPortal('sent', portal(prepared('select 1'), false))
    done(names, 'DECLARE CURSOR', 'declare held cursor with hold for select 1')
    done(names, 'DECLARE CURSOR', 'declare passing cursor for select 1')
    return names
  }
  const left = (names: Names) => ['bound', 'sent', 'held', 'passing'].filter(name => names.cursorText(name) !== null)

  it('takes portals and cursors with it, but those that are held or were not bound yet', () => {
    const names = opened()
    done(names, 'COMMIT', 'commit')
    expect(left(names)).toEqual(['sent', 'held'])
  })

  it('takes held cursors too when it is rolled back, whole or in part', () => {
    const names = opened()
    done(names, 'ROLLBACK', 'rollback to s')
    expect(left(names)).toEqual(['sent'])
  })

  it('takes bound portals when nothing is open any more', () => {
    const names = opened()
    names.idle()
    expect(left(names)).toEqual(['sent', 'held', 'passing'])
  })
})

describe('a name is doubtful', () => {
  const named = () => {
    const names = new Names(parser)
    names.setStatement('a', prepared('select 1'))
    done(names, 'PREPARE', 'prepare b as select 1')
    done(names, 'DECLARE CURSOR', 'declare c cursor for select 1')
    return names
  }
  const doubtful = (names: Names) => [names.isDoubtful(execute('a')), names.isDoubtful(execute('b')), names.isDoubtful(fetch('c'))]

  it('when code ran that nobody read, until it is given anew', () => {
    const names = named()
    names.sent([operation({ verb: 'OPAQUE', isOpaque: true })])
    expect(doubtful(names)).toEqual([true, true, true])
    done(names, 'PREPARE', 'prepare b as select 2')
    expect(doubtful(names)).toEqual([true, false, true])
  })

  it('when code that was read gives names by itself', () => {
    const names = named()
    names.sent([operation({ verb: 'DEALLOCATE', object: 'a', inside: 'DO' })])
    expect(doubtful(names)).toEqual([true, true, true])
  })

  it('where it is of a cursor and a routine ran, until none is left', () => {
    const names = named()
    names.sent([operation({ verb: 'SELECT', inside: 'function public.f' })])
    expect(doubtful(names)).toEqual([false, false, true])
    done(names, 'ROLLBACK', 'rollback')
    names.idle()
    expect(doubtful(names)).toEqual([false, false, false])
  })

  it('where it is of a portal and a routine ran that could open another, but for the portal without a name', () => {
    const names = new Names(parser)
    const [named, unnamed, later] = [portal(prepared('select 1')), portal(prepared('select 1')), portal(prepared('select 2'))]
    names.setPortal('p', named)
    names.setPortal('', unnamed)
    names.sent([select])
    expect([named.isDoubtful, unnamed.isDoubtful]).toEqual([false, false])
    names.sent([operation({ inside: 'function shop.swaps' })])
    names.setPortal('q', later)
    expect([named.isDoubtful, unnamed.isDoubtful, later.isDoubtful]).toEqual([true, false, false])
    names.doubt()
    expect(later.isDoubtful).toBe(true)
  })

  it('never for what only reads and changes rows, or for a name that nothing asks for', () => {
    const names = named()
    names.sent([select, operation({ verb: 'UPDATE' })])
    expect([...doubtful(names), names.isDoubtful(select)]).toEqual([false, false, false, false])
  })

  it('by what was sent unread, once that is read', () => {
    for (const [text, isDoubtful] of [
      ['do $$ begin deallocate a; end $$', true],
      ['select f()', true],
      [`select ${'1,'.repeat(40_000)}1`, true],
      ['insert into t values (1)', true],
      ['select 1 from t', false],
    ] as const) {
      const names = named()
      names.sentUnread(text, null)
      expect([text.slice(0, 20), names.hasUnread, ...doubtful(names)]).toEqual([text.slice(0, 20), isDoubtful, false, false, false])
      names.readUnread(() => true)
      expect([text.slice(0, 20), ...doubtful(names)]).toEqual([text.slice(0, 20), isDoubtful, isDoubtful, isDoubtful])
      expect(names.hasUnread).toBe(false)
    }
    const names = named()
    names.sentUnread('select now()', null)
    names.readUnread(() => false)
    expect([names.hasDoubts, ...doubtful(names)]).toEqual([false, false, false, false])
  })

  it('at once, when too much was sent to remember', () => {
    const names = named()
    for (let n = 0; n < 65; n++) names.sentUnread(`select f(${n})`, null)
    expect([names.hasDoubts, ...doubtful(names)]).toEqual([true, true, true, true])
  })

  it('never where there is no name yet', () => {
    const names = new Names(parser)
    names.sentUnread('select f()', null)
    expect(names.hasUnread).toBe(false)
  })

  it('no more, where the protocol gave it, when SQL could give it again', () => {
    const names = named()
    names.sent([operation({ verb: 'OPAQUE', isOpaque: true })])
    done(names, 'PREPARE', 'prepare a as select 2')
    expect([names.isDoubtful(execute('a')), names.preparedText('a'), names.statement('a')]).toEqual([
      false,
      'prepare a as select 2',
      undefined,
    ])
  })
})
