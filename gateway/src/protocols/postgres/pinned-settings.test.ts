import { createParser } from '@steno/policy-dsl'
import { describe, expect, it } from 'vitest'
import { loadParserWasm } from '../../runtime/parser-wasm.ts'
import { PinnedSettings } from './pinned-settings.ts'

const pinned = new PinnedSettings(await createParser({ loadWasm: loadParserWasm }))

describe('a pinned setting', () => {
  it('is not changed by any statement', () => {
    for (const text of [
      'set client_encoding to latin1',
      "set names 'latin1'",
      'SET SESSION Standard_Conforming_Strings = off',
      'set local standard_conforming_strings to off',
      'set "client_encoding" = latin1',
      "select set_config('client_encoding', 'latin1', false)",
      "select pg_catalog.set_config('standard_' || 'conforming_strings', 'off', false)",
      "update pg_settings set setting = 'off' where name = 'standard_conforming_strings'",
      'select 1; set client_encoding = latin1',
      'set /* x */ client_encoding = latin1',
    ])
      expect({ text, isRefused: pinned.refuse(text) !== undefined }).toEqual({ text, isRefused: true })
  })

  it('keeps nobody from anything else', () => {
    for (const text of ['select 1', "set timezone to 'UTC'", "select 'client_encoding'", 'show client_encoding'])
      expect({ text, refusal: pinned.refuse(text) }).toEqual({ text, refusal: undefined })
  })

  it('is not changed by a function called by its number', () => {
    expect(pinned.refuseCall(2078)).toBeDefined()
    expect(pinned.refuseCall(1299)).toBe(undefined)
  })

  it('is broken when the target says another value', () => {
    expect(pinned.isBroken('client_encoding', 'UTF8')).toBe(false)
    expect(pinned.isBroken('client_encoding', 'LATIN1')).toBe(true)
    expect(pinned.isBroken('TimeZone', 'Mars')).toBe(false)
  })
})
