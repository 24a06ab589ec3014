import { createParser } from '@steno/policy-dsl'
import { describe, expect, it } from 'vitest'
import { loadParserWasm } from '../../runtime/parser-wasm.ts'
import { namedStatement } from './named-statement.ts'

const parser = await createParser({ loadWasm: loadParserWasm })

describe('what a statement names', () => {
  it.each([
    ['PREPARE/**/t AS SELECT 1', 0, { name: 't', text: 'PREPARE/**/t AS SELECT 1' }],
    ["PREPARE s AS SELECT 'x' /* prepare t */", 0, { name: 's', text: "PREPARE s AS SELECT 'x' /* prepare t */" }],
    ['PREPARE té AS SELECT 1', 0, { name: 'té', text: 'PREPARE té AS SELECT 1' }],
    ['prepare "A ""b""" as select 1', 0, { name: 'A "b"', text: 'prepare "A ""b""" as select 1' }],
    ['SELECT 1; PREPARE t AS SELECT 2; SELECT 3', 1, { name: 't', text: 'PREPARE t AS SELECT 2' }],
    ['DEALLOCATE t', 0, { name: 't', text: 'DEALLOCATE t' }],
    ['DEALLOCATE ALL', 0, { name: null, text: 'DEALLOCATE ALL' }],
    ['DECLARE c CURSOR FOR SELECT 1', 0, { name: 'c', text: 'DECLARE c CURSOR FOR SELECT 1' }],
    ['DECLARE c CURSOR WITH HOLD FOR SELECT 1', 0, { name: 'c', text: 'DECLARE c CURSOR WITH HOLD FOR SELECT 1' }],
    ["DECLARE c CURSOR FOR SELECT 'x' /* with hold */", 0, { name: 'c', text: "DECLARE c CURSOR FOR SELECT 'x' /* with hold */" }],
    ['CLOSE c', 0, { name: 'c', text: 'CLOSE c' }],
  ])('%s, statement %i', (text, place, named) => {
    expect(namedStatement(parser, text, place)).toEqual({ ...named, isHeld: /WITH HOLD FOR/.test(text) })
  })

  it('is nothing where that cannot be told', () => {
    for (const [text, place] of [
      ['SELECT 1', 0],
      ['PREPARE t AS SELECT 1', 1],
      ['PREPARE t AS SELEC', 0],
      ['not sql', 0],
    ] as const)
      expect(namedStatement(parser, text, place), text).toBeNull()
  })
})
