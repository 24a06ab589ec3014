import type { Column, RowBlock } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { join } from './test-conversation.ts'
import { promptOf, showStatement, Transcript } from './transcript.ts'

const utf8 = new TextEncoder()

function block(...rows: (string | null)[][]): RowBlock {
  const cells: number[] = []
  const values: Uint8Array[] = []
  let at = 0
  for (const cell of rows.flat()) {
    if (cell === null) cells.push(-1, -1)
    else {
      const raw = utf8.encode(cell)
      cells.push(at, at + raw.length)
      at += raw.length
      values.push(raw)
    }
  }
  return { count: rows.length, columns: rows[0]?.length ?? 0, bytes: join(...values), cells: Int32Array.from(cells) }
}

const columns = (...names: string[]): Column[] =>
  names.map(name => ({ name, type: 'text', typeOid: 25, tableOid: 0, attribute: 0, format: 'text' }))

function table(names: string[], blocks: RowBlock[], tag = 'SELECT 1'): string {
  const transcript = new Transcript()
  transcript.part({ kind: 'columns', columns: columns(...names) })
  for (const one of blocks) transcript.rows(one)
  return transcript.part({ kind: 'done', tag, rows: 1 })
}

/** What we draw with ourselves, taken out; what is left came from somewhere else. */
const unstyled = (text: string) => text.replace(/\u001b\[(?:0|1|31|33|36)m/g, '').replaceAll('\r\n', '')

const hostile = [
  '\u001b[2J',
  '\u001b]0;title\u0007',
  '\r',
  '\b',
  '\u009b31m',
  '\u0000',
  '\u202e',
  '\u2066',
  '\u061c',
  '\u200b',
  '\u2028',
  '\ufeff',
  'a\nb',
  'a\tb',
  '\u007f',
]
const raw = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/

describe('the transcript', () => {
  it('draws a result as psql does', () => {
    expect(unstyledLines(table(['id', 'name'], [block(['1', 'Ann'], ['2', null])]))).toEqual([
      ' id | name',
      '----+------',
      ' 1  | Ann ',
      ' 2  |     ',
      '(2 rows)',
      '',
    ])
  })

  it('obeys nothing that a value, a name, a tag, a message or a parameter says', () => {
    for (const evil of hostile) {
      const transcript = new Transcript()
      const shown = [
        table([evil], [block([evil])], evil),
        transcript.part({ kind: 'notice', notice: { severity: evil, code: '00000', message: evil } }),
        transcript.part({ kind: 'error', error: { severity: 'ERROR', code: '00000', message: evil }, by: 'target' }),
        copied(evil),
        showStatement(promptOf(evil), 'select $1', [evil]),
      ]
      for (const text of shown) expect({ evil, raw: raw.exec(unstyled(text)) }).toEqual({ evil, raw: null })
    }
  })

  it('shows a statement on its own lines, and nothing else of it raw', () => {
    expect(unstyled(showStatement(promptOf('shop'), 'select 1\nfrom t', []))).toBe('shop=> select 1from t')
    for (const evil of hostile.filter(text => !text.includes('\n')))
      expect(raw.exec(unstyled(showStatement(promptOf('shop'), evil, [])))).toBe(null)
    const long = showStatement(promptOf('shop'), 'x'.repeat(100_000), [])
    expect(long.length).toBeLessThan(5_000)
    expect(long).toContain('(100000 characters)')
  })

  it('shows the first 20 rows, and the count of all', () => {
    const rows = Array.from({ length: 50 }, (_, i) => [`row ${i}`])
    const text = table(['a'], [block(...rows.slice(0, 15)), block(...rows.slice(15))])
    expect(text).toContain('row 19')
    expect(text).not.toContain('row 20')
    expect(text).toContain(' … 30 more rows in the record\r\n(50 rows)')
  })

  it('cuts long cells, also where the bytes are cut in a character', () => {
    const text = table(['a'], [block(['é'.repeat(100_000)], ['x'.repeat(100_000)])])
    expect(text.length).toBeLessThan(1_000)
    expect(text).toContain(`${'é'.repeat(39)}…`)
    expect(text).toContain(`${'x'.repeat(39)}…`)
  })

  it('draws a table of very many columns', () => {
    const names = Array.from({ length: 1600 }, (_, i) => `c${i}`)
    expect(unstyledLines(table(names, [block(names)]))).toHaveLength(5)
  })

  it('shows what is not text, and what was masked, as that', () => {
    const one: RowBlock = {
      ...block(['a', 'b', 'c']),
      special: new Map([
        [0, { hex: 'ff00' }],
        [1, { masked: '***', rule: 'pii' }],
        [2, { cut: 'long', lengthBytes: 9, sha256: '' }],
      ]),
    }
    expect(table(['x', 'y', 'z'], [one])).toContain(String.raw` \xff00 | *** | long`)
  })

  it('forgets a result that failed', () => {
    const transcript = new Transcript()
    transcript.part({ kind: 'columns', columns: columns('a') })
    transcript.rows(block(['1']))
    transcript.part({ kind: 'error', error: { severity: 'ERROR', code: '22012', message: 'division by zero' }, by: 'target' })
    expect(transcript.part({ kind: 'done', tag: 'ROLLBACK', rows: 0 })).toBe('ROLLBACK\r\n')
  })
})

function unstyledLines(text: string): string[] {
  return text.split('\r\n').map(unstyled)
}

function copied(line: string): string {
  const bytes = utf8.encode(line)
  return new Transcript().data({ bytes, ranges: Int32Array.of(0, bytes.length), count: 1 })
}
