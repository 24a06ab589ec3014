import type { Notice } from '@steno/recordings'
import { sqlstateWords } from './sqlstates.ts'

/** Fields that the target's own code fills, and that speak of no value. */
const keptFields = ['severityLocalized', 'position', 'file', 'line', 'routine']

/** Fields that name what an error is about. */
const nameFields = ['schema', 'table', 'column', 'dataType', 'constraint']

/**
 * Where PostgreSQL itself fills the fields that name things. From anywhere else
 * (`RAISE … USING CONSTRAINT = secret`, a foreign server) they may hold any text.
 */
const namingFiles = new Set([
  'domains.c',
  'execExpr.c',
  'execExprInterp.c',
  'execIndexing.c',
  'execMain.c',
  'execReplication.c',
  'nbtinsert.c',
  'nbtsort.c',
  'ri_triggers.c',
  'tablecmds.c',
  'tuplesort.c',
  'tuplesortvariants.c',
  'typecmds.c',
])

/** `RAISE` without a code of its own; a warning without one. */
const anyError = 'P0001'
const anyNotice = '01000'

/** An error or notice that says what happened, and where, and no value that it happened to. */
export function redactNotice(notice: Notice): Notice {
  const said = notice.fields ?? {}
  const names = namingFiles.has(said['file'] ?? '') ? nameFields : []
  const fields: Record<string, string> = {}
  for (const name of [...keptFields, ...names]) if (said[name] !== undefined) fields[name] = said[name]
  const isError = ['ERROR', 'FATAL', 'PANIC'].includes(notice.severity)
  // A code can be chosen too, five characters at a time; one that PostgreSQL has not tells nothing.
  const code = sqlstateWords(notice.code) === undefined ? (isError ? anyError : anyNotice) : notice.code
  const redacted: Notice = {
    severity: notice.severity,
    code,
    message: isError ? messageOf(code, fields) : 'a notice that may hold masked values',
  }
  return Object.keys(fields).length > 0 ? { ...redacted, fields } : redacted
}

function messageOf(code: string, { table, column, constraint, dataType }: Record<string, string>): string {
  const named = (what: string, name: string | undefined) => (name === undefined ? `a ${what}` : `${what} "${name}"`)
  switch (code) {
    case '22P02':
      return 'invalid input syntax'
    case '23502':
      return `null value in ${named('column', column)} of ${named('relation', table)} violates not-null constraint`
    case '23503':
      return `change of ${named('table', table)} violates ${named('foreign key constraint', constraint)}`
    case '23505':
      return `duplicate key value violates ${named('unique constraint', constraint)}`
    case '23514':
      return dataType !== undefined
        ? `value for domain ${dataType} violates ${named('check constraint', constraint)}`
        : `new row for ${named('relation', table)} violates ${named('check constraint', constraint)}`
    case '23P01':
      return `conflicting key value violates ${named('exclusion constraint', constraint)}`
    default:
      return sqlstateWords(code) ?? 'error'
  }
}
