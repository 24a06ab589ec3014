import type { RoutineData } from '../catalogue.ts'
import { fieldsOf, isFields, type Fields } from '../tree.ts'
import type { Context } from './context.ts'

/** The statements of a routine in SQL, or null for what cannot be parsed. */
export function bodyStatements(routine: RoutineData, context: Context): Fields[] | null {
  const { request } = context
  if (routine.sqlBody) {
    const syntax = request.parse(`CREATE FUNCTION f() RETURNS void LANGUAGE sql ${routine.sqlBody}`)
    const created = syntax.kind === 'statements' ? fieldsOf(syntax.statements[0], 'CreateFunctionStmt') : null
    return created ? flatten(created['sql_body']) : null
  }
  const syntax = routine.body === null ? null : request.parse(routine.body)
  return syntax?.kind === 'statements' ? syntax.statements : null
}

/** BEGIN ATOMIC holds lists in lists; RETURN holds one expression. */
function flatten(body: unknown): Fields[] {
  if (Array.isArray(body)) return body.flatMap(flatten)
  const items = fieldsOf(body, 'List')
  if (items) return flatten(items['items'])
  return isFields(body) ? [body] : []
}
