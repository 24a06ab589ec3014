/// <reference types="node" />
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { beforeAll, describe, expect, it } from 'vitest'
import { createParser, type Parser } from './parser.ts'
import { changesPinned, mayTouchPinned } from './pinned.ts'

let parser: Parser

beforeAll(async () => {
  parser = await createParser({ loadWasm: () => readFile(createRequire(import.meta.url).resolve('libpg-query/wasm/libpg-query.wasm')) })
})

describe('a text that changes a pinned setting', () => {
  const texts = [
    'SET standard_conforming_strings = off',
    'set Standard_Conforming_Strings to OFF',
    'SET LOCAL standard_conforming_strings = 0',
    'SET "standard_conforming_strings" = off',
    'SET U&"standard\\005fconforming_strings" = off',
    'SET U&"standard!005fconforming!005fstrings" UESCAPE \'!\' = off',
    "SET client_encoding = 'latin1'",
    'SET client_encoding TO SJIS',
    "SET NAMES 'latin1'",
    "SET/**/NAMES/**/'latin1'",
    "SET client_encoding = 'latin1' in words of a later server",
    "SET LOCAL NAMES 'sjis'",
    "SELECT 1; SET client_encoding = 'latin1'",
    "SELECT set_config('client_encoding', 'latin1', false)",
    "SELECT pg_catalog.\"set_config\"('CLIENT_ENCODING', 'latin1', false)",
    "SELECT set_config(E'client\\x5fencoding', 'latin1', false)",
    "SELECT U&\"set\\005fconfig\"('standard_conforming_strings', 'off', false)",
    "SELECT set_config('client' || '_encoding', 'latin1', false)",
    'SELECT set_config($1, $2, false)',
    "SELECT set_config(name, 'latin1', false) FROM pg_settings WHERE name = 'client_encoding'",
    "SELECT set_config(name, 'latin1', false) FROM pg_settings WHERE name <> 'work_mem'",
    "SELECT set_config(name, 'latin1', false) FROM pg_settings WHERE name = 'work_mem' OR true",
    "SELECT set_config(name, 'latin1', false) FROM pg_settings, t WHERE name = 'work_mem'",
    "SELECT set_config('client_encoding', $1, false)",
    'SELECT set_config(name, value, false) FROM t',
    "WITH x AS (SELECT set_config('client_encoding', 'latin1', false)) SELECT 1",
    "UPDATE pg_settings SET setting = 'off' WHERE name LIKE 'standard_conf%'",
    "UPDATE pg_catalog.pg_settings SET setting = 'off' WHERE name = $1",
    "DO $$ BEGIN SET client_encoding = 'latin1'; END $$",
    "DO $$ BEGIN PERFORM set_config('client' || '_encoding', 'latin1', false); END $$",
    "DO E'BEGIN SET client\\x5fencoding = latin1; END'",
    'DO $$ BEGIN SET NAMES latin1; END $$',
    'CREATE FUNCTION f() RETURNS void LANGUAGE sql SET standard_conforming_strings = off AS $$ SELECT 1 $$',
    'ALTER ROLE bob SET standard_conforming_strings = off',
    "ALTER DATABASE d SET client_encoding = 'latin1'",
    'ALTER SYSTEM SET standard_conforming_strings = off',
    `SELECT ${'1+'.repeat(20_000)}1, 'client_encoding'`,
    `SELECT '${'x'.repeat(70_000)}client_encoding'`,
  ]
  for (const text of texts) {
    it(text.slice(0, 100), async () => {
      expect(mayTouchPinned(text)).toBe(true)
      expect(changesPinned(parser, text)).not.toBeNull()
      await parser.ready()
    })
  }

  it('is named with the setting', () => {
    expect(changesPinned(parser, 'SET standard_conforming_strings = off')).toEqual({ setting: 'standard_conforming_strings' })
    expect(changesPinned(parser, "SET NAMES 'latin1'")).toEqual({ setting: 'client_encoding' })
  })
})

describe('a text that leaves the pinned settings as they are', () => {
  const texts = [
    'SELECT 1',
    "SET client_encoding = 'UTF8'",
    "SET client_encoding TO 'utf-8'",
    "SET NAMES 'unicode'",
    'SET standard_conforming_strings = on',
    'SET standard_conforming_strings TO true',
    "SELECT set_config('client_encoding', 'UTF8', false)",
    "SELECT set_config(name, 'view, foreign-table', false) FROM pg_settings WHERE name = 'restrict_nonsystem_relation_kind'",
    "SELECT pg_catalog.set_config('search_path', '', false)",
    "SELECT set_config('app.user', $1, true)",
    'SET client_encoding TO DEFAULT',
    'RESET client_encoding',
    'RESET ALL',
    'DISCARD ALL',
    'SHOW client_encoding',
    'SELECT * FROM pg_settings',
    'SELECT names FROM t',
    "INSERT INTO t VALUES ('SET client_encoding = latin1')",
    "SELECT E'unterminated",
    'SET NAMES latin1',
    "DO $$ BEGIN PERFORM set_config('app.user', 'x', true); END $$",
    "SELECT U&'\\00e9', E'\\n'",
  ]
  for (const text of texts) it(text, () => expect(changesPinned(parser, text)).toBeNull())
})
