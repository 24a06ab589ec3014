import type { Notice } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { redactNotice } from './redact-notice.ts'
import { sqlstateWords } from './sqlstates.ts'

const secret = '123-45-6789'

/** An error that PostgreSQL's own code gives, with a value wherever one may stand. */
const error = (code: string, fields: Record<string, string> = {}): Notice => ({
  severity: 'ERROR',
  code,
  message: `says ${secret}`,
  detail: `Key (ssn)=(${secret}) already exists.`,
  hint: `try ${secret}`,
  fields: {
    position: '15',
    where: `COPY people, line 1: "${secret}"`,
    internalQuery: `SELECT '${secret}'`,
    internalPosition: '8',
    ...fields,
  },
})

describe('a redacted error', () => {
  it('keeps its code, its place and the names in it', () => {
    const names = {
      schema: 'shop',
      table: 'people',
      constraint: 'people_ssn_key',
      file: 'nbtinsert.c',
      line: '664',
      routine: '_bt_check_unique',
    }
    expect(redactNotice(error('23505', { severityLocalized: 'FEHLER', ...names }))).toEqual({
      severity: 'ERROR',
      code: '23505',
      message: 'duplicate key value violates unique constraint "people_ssn_key"',
      fields: { severityLocalized: 'FEHLER', position: '15', ...names },
    })
  })

  it.each([
    ['23502', 'null value in column "ssn" of relation "people" violates not-null constraint'],
    ['23503', 'change of table "people" violates foreign key constraint "c"'],
    ['23505', 'duplicate key value violates unique constraint "c"'],
    ['23514', 'new row for relation "people" violates check constraint "c"'],
    ['23P01', 'conflicting key value violates exclusion constraint "c"'],
    ['22P02', 'invalid input syntax'],
    ['22012', 'division by zero'],
    ['42P01', 'undefined table'],
    ['57014', 'query canceled'],
  ])('of %s says: %s', (code, message) => {
    expect(redactNotice(error(code, { table: 'people', column: 'ssn', constraint: 'c', file: 'execMain.c' }))).toMatchObject({
      code,
      message,
    })
  })

  it('of a domain names the type', () => {
    expect(redactNotice(error('23514', { dataType: 'ssn', constraint: 'c', file: 'domains.c' })).message).toBe(
      'value for domain ssn violates check constraint "c"',
    )
  })

  it('says as much as it can where nothing is named', () => {
    expect(redactNotice({ severity: 'ERROR', code: '23505', message: secret })).toEqual({
      severity: 'ERROR',
      code: '23505',
      message: 'duplicate key value violates a unique constraint',
    })
  })

  it('has no names that whoever raised it could choose', () => {
    const chosen = { schema: secret, table: secret, column: secret, dataType: secret, constraint: secret, z: secret }
    for (const from of [{}, { file: 'pl_exec.c', routine: 'exec_stmt_raise' }, { file: 'dblink.c' }, { file: 'plpy_elog.c' }])
      for (const severity of ['ERROR', 'NOTICE', 'FATAL', 'WARNING'])
        expect(JSON.stringify(redactNotice({ ...error('23505', { ...chosen, ...from }), severity }))).not.toContain(secret)
  })

  it('has no code that whoever raised it could make up', () => {
    expect(redactNotice(error('12345'))).toMatchObject({ code: 'P0001', message: 'raise exception' })
    expect(redactNotice({ ...error('12345'), severity: 'NOTICE' })).toMatchObject({
      severity: 'NOTICE',
      code: '01000',
      message: 'a notice that may hold masked values',
    })
    expect(redactNotice({ ...error('00000'), severity: 'INFO' })).toMatchObject({
      code: '00000',
      message: 'a notice that may hold masked values',
    })
  })
})

it('knows the conditions that PostgreSQL has', () => {
  expect(sqlstateWords('40P01')).toBe('deadlock detected')
  expect(sqlstateWords('2200B')).toBe('escape character conflict')
  expect(sqlstateWords('XX002')).toBe('index corrupted')
  expect(sqlstateWords('25P04')).toBe('transaction timeout')
  expect(sqlstateWords('99999')).toBe(undefined)
})
