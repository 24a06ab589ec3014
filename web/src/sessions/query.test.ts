import { expect, it } from 'vitest'
import { formatSearch, momentMs, parseSearch, searchQuery, soughtWords, withTerm, withoutFields } from './query.ts'

const read = (source: string): string => {
  const search = parseSearch(source)
  return `${search.terms.map(term => `${term.field}=${term.value}${term.problem ? '!' : ''}`).join(' ')} | ${search.text}`
}

it('tells filters from text', () => {
  expect(read('target:shop table:payments since:1h')).toBe('target=shop table=payments since=1h | ')
  expect(read('drop column  legacy_ref')).toBe(' | drop column legacy_ref')
  expect(read('update Verdict:deny at 10:30 http://x')).toBe('verdict=deny | update at 10:30 http://x')
})

it('lets a value hold blanks and quotes', () => {
  expect(read('task:"nightly \\"full\\" backfill" x')).toBe('task=nightly "full" backfill | x')
  expect(read('principal:a:b')).toBe('principal=a:b | ')
})

it('keeps the last filter of a field', () => {
  expect(read('table:a table:b')).toBe('table=b | ')
})

it('says what is wrong with a value and does not send it', () => {
  for (const source of ['verdict:maybe', 'error:yes', 'since:soon', 'until:2026-13-40', 'since:1y']) {
    expect(parseSearch(source).terms[0]?.problem, source).toBeTruthy()
    expect(searchQuery(parseSearch(source))).toEqual({})
  }
})

it('leaves an unfinished filter as text', () => {
  expect(read('target:')).toBe(' | target:')
  expect(read('target:"')).toBe(' | target:"')
})

it('reads back what it wrote', () => {
  const corpus = [
    '',
    'target:shop x',
    'task:"a b" y z',
    'table:"q\\"q"',
    '10:30',
    'since:1h until:2026-11-21T14:02:00Z',
    'tärget:x',
    '"table:payments"',
    'verdict:nope',
  ]
  for (const source of corpus) {
    const once = parseSearch(source)
    expect(parseSearch(formatSearch(once)).terms, source).toEqual(once.terms)
  }
})

it('gives the search as the API takes it', () => {
  expect(searchQuery(parseSearch('target:shop error:true drop table'))).toEqual({ target: 'shop', error: 'true', text: 'drop table' })
  expect(searchQuery(parseSearch('since:2026-11-21 until:1h'))).toEqual({ since: '2026-11-21T00:00:00.000Z', until: '1h' })
})

it('puts a filter in the place of another of its field', () => {
  expect(formatSearch(withTerm(parseSearch('since:1h a target:shop'), 'since', '7d'))).toBe('target:shop since:7d a')
  expect(formatSearch(withoutFields(parseSearch('since:1h until:2026-11-21 a'), 'since', 'until'))).toBe('a')
})

it('knows which words to mark', () => {
  expect(soughtWords(parseSearch('table:public.payments target:shop drop'))).toEqual(['payments', 'drop'])
})

it('understands ages and times', () => {
  expect(momentMs('90m', 10_000_000)).toBe(10_000_000 - 5_400_000)
  expect(momentMs('2026-11-21T14:02:00Z', 0)).toBe(Date.UTC(2026, 10, 21, 14, 2))
  for (const value of ['', '1', 'h', '-1h', '1hh', 'yesterday', '9999999h', '2026-11-21 14:02'])
    expect(momentMs(value, 0), value).toBeNull()
})
