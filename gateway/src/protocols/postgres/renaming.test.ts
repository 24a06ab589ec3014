import type { Operation } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { callsSomething, givesNamesUnseen, isPlain, mayGiveNames, runsRoutine } from './renaming.ts'

const operation = (more: Partial<Operation>): Operation => ({ verb: 'SELECT', tables: [], columns: [], ...more })

describe('of operations', () => {
  it('only reading and changing rows by code that is known is plain', () => {
    expect(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE'].every(verb => isPlain(operation({ verb })))).toBe(true)
    for (const more of [{ verb: 'SET' }, { verb: 'CREATE' }, { isOpaque: true }, { functions: ['pg_catalog.set_config'] }])
      expect([more, isPlain(operation(more))]).toEqual([more, false])
  })

  it('those inside a routine may open cursors, those inside a view may not', () => {
    expect(['DO', 'function public.f', 'trigger t on public.orders'].every(inside => runsRoutine(operation({ inside })))).toBe(true)
    expect([{}, { inside: 'view public.v' }].some(more => runsRoutine(operation(more)))).toBe(false)
  })

  it('opaque ones and naming ones inside others may give names unseen', () => {
    expect(givesNamesUnseen(operation({ isOpaque: true }))).toBe(true)
    expect(givesNamesUnseen(operation({ verb: 'PREPARE', inside: 'DO' }))).toBe(true)
    expect(givesNamesUnseen(operation({ verb: 'PREPARE' }))).toBe(false)
    expect(givesNamesUnseen(operation({ inside: 'DO' }))).toBe(false)
  })
})

describe('of texts that nobody read', () => {
  it('those with a word that names, and those too long to search, may give names', () => {
    for (const text of [
      'PREPARE a AS SELECT 1',
      'deallocate a',
      'discard all',
      'declare c cursor for select 1',
      'close c',
      ' '.repeat(70_000),
    ])
      expect([text.slice(0, 20), mayGiveNames(text)]).toEqual([text.slice(0, 20), true])
    expect(mayGiveNames('select closed, prepared from declared')).toBe(false)
  })

  it('those that call something are told', () => {
    for (const text of ['select f()', 'select "f" (1)', 'do $$ $$', 'call p', 'execute a'])
      expect([text, callsSomething(text)]).toEqual([text, true])
    expect(callsSomething('select 1 from t where a = 2')).toBe(false)
  })
})
