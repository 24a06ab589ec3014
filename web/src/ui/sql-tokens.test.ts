import { expect, it } from 'vitest'
import { sqlTokens } from './sql-tokens.ts'

const kinds = (text: string): string[] =>
  sqlTokens(text)
    .filter(token => token.text.trim())
    .map(token => `${token.kind} ${token.text.trim()}`)

it('tells keywords, strings, numbers, parameters and comments apart', () => {
  expect(kinds(`update t set a = $1, b = 'it''s' where c > 1.5e3 -- why`)).toEqual([
    'keyword update',
    'plain t',
    'keyword set',
    'plain a =',
    'parameter $1',
    'plain , b =',
    "string 'it''s'",
    'keyword where',
    'plain c >',
    'number 1.5e3',
    'comment -- why',
  ])
})

it('knows dollar quotes, escape strings and nested comments', () => {
  expect(kinds('do $x$ select 1 $$ $x$')).toEqual(['keyword do', 'string $x$ select 1 $$ $x$'])
  expect(kinds(`select e'a\\'b', "from"`)).toEqual(['keyword select', `string e'a\\'b'`, 'plain , "from"'])
  expect(kinds('/* a /* b */ c */ select')).toEqual(['comment /* a /* b */ c */', 'keyword select'])
})

it('gives the statement back whatever it is', () => {
  const corpus = [
    "'",
    '"',
    '$$',
    '$a$',
    '/*',
    '--',
    "e'\\",
    '$1',
    '1.',
    '.',
    '\u0000\u202e',
    '💥',
    "x'",
    '/*/',
    '*/',
    '$é$ $é$',
    'ſelect',
    "''''",
  ]
  for (const a of corpus)
    for (const b of corpus)
      for (const c of corpus)
        expect(
          sqlTokens(a + b + c)
            .map(token => token.text)
            .join(''),
        ).toBe(a + b + c)
})

it('runs an open quote to the end', () => {
  expect(sqlTokens("select 'drop").at(-1)).toEqual({ kind: 'string', text: "'drop" })
})
