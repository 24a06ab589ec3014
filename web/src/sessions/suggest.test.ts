import { expect, it } from 'vitest'
import { lastWord, suggest } from './suggest.ts'

const labels = (word: string): string[] => suggest(word, { target: ['shop', 'bookshop', 'my target'] }).map(suggestion => suggestion.insert)

it('suggests fields, then their values', () => {
  expect(labels('ta')).toEqual(['task:', 'target:', 'table:'])
  expect(labels('verdict:')).toEqual(['verdict:allow', 'verdict:hold', 'verdict:deny'])
  expect(labels('target:SHO')).toEqual(['target:shop', 'target:bookshop'])
  expect(labels('target:my')).toEqual(['target:"my target"'])
})

it('suggests nothing for what it does not know', () => {
  expect(labels('nothing')).toEqual([])
  expect(labels('http://x')).toEqual([])
})

it('finds the word being typed', () => {
  expect(['', 'a', 'a ', 'a b', 'a task:"x y', 'task:"x y"'].map(lastWord)).toEqual(['', 'a', '', 'b', 'task:"x y', 'task:"x y"'])
})
