import { createParser } from '@steno/policy-dsl'
import { describe, expect, it } from 'vitest'
import { loadParserWasm } from '../../runtime/parser-wasm.ts'
import { SearchPath } from './search-path.ts'

const parser = await createParser({ loadWasm: loadParserWasm })

function told(value: string | null): SearchPath {
  const path = new SearchPath()
  path.told([value, 'none', 'app'])
  return path
}

describe('the search path', () => {
  it('is nothing but what the target says', () => {
    expect(new SearchPath().isCertain).toBe(false)
    expect(new SearchPath().schemas).toEqual([])
    expect(told('"$user", public').schemas).toEqual(['app', 'public'])
    expect(told('"Odd ""one""", pg_catalog, hr').schemas).toEqual(['Odd "one"', 'hr'])
    expect(told('').schemas).toEqual([])
    expect(told('a b').schemas).toEqual([])
    expect(told(null).schemas).toEqual([])
  })

  it.each([
    'SET search_path = hr',
    'SET U&"search\\005fpath" = hr',
    "SELECT set_config(E'search\\137path', 'hr', false)",
    "SELECT set_config('work_mem', '1MB', false)",
    'RESET ALL',
    'RESET search_path',
    'DISCARD ALL',
    'SET ROLE other',
    'SET SESSION AUTHORIZATION other',
    "DO $$ BEGIN EXECUTE 'SET search_path = ' || 'hr'; END $$",
    'what is this',
    'ALTER TABLE notes VALIDATE CONSTRAINT vv',
    'CREATE TABLE a (b int)',
  ])('must be asked for again after %s', text => {
    const path = told('public')
    path.sent(parser.operations(text))
    expect(path.isCertain).toBe(false)
    expect(path.schemas).toEqual([])
  })

  it.each(['SELECT count(*) FROM orders', 'BEGIN', 'COMMIT', "SET work_mem = '1MB'", 'DELETE FROM orders'])(
    'stays as it is after %s',
    text => {
      const path = told('public')
      path.sent(parser.operations(text))
      expect(path.schemas).toEqual(['public'])
    },
  )

  it('may be set back by the end of a transaction that touched it', () => {
    for (const end of ['COMMIT', 'ROLLBACK', 'ROLLBACK TO a']) {
      const path = told('public')
      path.sent(parser.operations('SET LOCAL search_path = hr'))
      path.told(['hr', 'none', 'app'])
      path.sent(parser.operations(end))
      expect(path.isCertain, end).toBe(false)
    }
    const path = told('public')
    path.sent(parser.operations('SET search_path = hr'))
    path.told(['hr', 'none', 'app'])
    path.idle()
    path.sent(parser.operations('COMMIT'))
    expect(path.schemas).toEqual(['hr'])
  })

  it('has the role that was set for `$user`, else who logged in', () => {
    const path = new SearchPath()
    path.told(['"$user", public', 'hr', 'app'])
    expect(path.schemas).toEqual(['hr', 'public'])
    path.told(['"$user", public', 'none', 'app'])
    expect(path.schemas).toEqual(['app', 'public'])
    path.told(['public'])
    expect(path.schemas).toEqual([])
  })
})
