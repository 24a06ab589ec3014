import { describe, expect, it } from 'vitest'
import { commentSpans } from './comment-spans.ts'

const comments = (text: string) => commentSpans(text).map(({ start, end }) => text.slice(start, end))

describe('the comments of a text', () => {
  it.each([
    ['SELECT 1', []],
    ['SELECT 1 -- one', ['-- one']],
    ['/* a */ SELECT /* b /* c */ d */ 1;', ['/* a */', '/* b /* c */ d */']],
    ['SELECT 1 -- one\n  /* two */ , 2', ['-- one\n  /* two */']],
    ['SELECT \'-- no\', $$/* no */$$, "--" AS "/* no */"', []],
    ['SELECT 1 /* never closed', ['/* never closed']],
    ["SELECT 'never closed -- no", []],
  ])('stand between its tokens: %s', (text, found) => {
    expect(comments(text)).toEqual(found)
  })
})
