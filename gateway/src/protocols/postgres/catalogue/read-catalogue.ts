import type { CatalogueData, RelationData, RoutineData } from '@steno/policy-dsl'
import type { AdmittedTarget, Doors } from '../../protocol.ts'
import { ConversationEnded } from '../mailbox.ts'
import { fatal } from '../refused.ts'
import { pinned } from '../settings.ts'
import { openTarget, TargetRefused } from '../target.ts'
import { WireError } from '../wire/wire-error.ts'
import { writeTerminate } from '../wire/write.ts'
import { AnswerTooLong, QueryFailed, SimpleQueries, type TextRow } from './simple-query.ts'

/** How long one of the queries below may take. */
const statementTimeoutMs = 20_000
/** How long all of it may take, from the first query on. */
const readingMs = 60_000
/** The most that a target may say about itself. */
const catalogueBytesMax = 256 * 1024 * 1024
/** Before it, a routine's body is always a string: BEGIN ATOMIC is of PostgreSQL 14. */
const sqlBodyVersion = 140_000

/** What a target's database says of its relations and routines, read over a connection of its own. Throws `TargetRefused`. */
export async function readCatalogue(target: AdmittedTarget, doors: Doors): Promise<CatalogueData> {
  const parameters = new Map([...Object.entries(pinned), ['application_name', 'steno catalogue'] as const])
  const { mailbox } = await openTarget(target, parameters, doors)
  const { socket } = mailbox
  let isLate = false
  const deadline = doors.machine.clock.after(readingMs, () => {
    isLate = true
    socket.destroy()
  })
  try {
    const data = await ask(new SimpleQueries(mailbox, { bytesMax: catalogueBytesMax }))
    socket.write(writeTerminate())
    socket.end()
    return data
  } catch (error) {
    socket.destroy()
    if (error instanceof TypeError) throw error
    throw new TargetRefused(
      fatal('58000', `the catalogue of target "${target.name}" cannot be read`, {
        detail: isLate ? `it took longer than ${readingMs} ms` : reasonOf(error),
      }),
    )
  } finally {
    deadline.cancel()
  }
}

async function ask(queries: SimpleQueries): Promise<CatalogueData> {
  const [about] = await queries.ask("SELECT current_setting('server_version_num'), array_to_json(current_schemas(false))")
  const serverVersion = number(about, 0)
  const searchPath = strings(about, 1)
  // One snapshot for all, in which names are printed with their schema unless
  // they are PostgreSQL's own: what a view's definition says does not hang on
  // a search path.
  await queries.ask(
    `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
     SET LOCAL statement_timeout = ${statementTimeoutMs};
     SET LOCAL search_path = pg_catalog`,
  )
  const relations = readRelations(await queries.ask(relationsQuery))
  const byOid = new Map(relations.map(relation => [relation.oid, relation]))
  for (const row of await queries.ask(columnsQuery)) {
    const [name, type] = [text(row, 2), text(row, 3)]
    byOid.get(number(row, 0))?.columns.push({ name, attribute: number(row, 1), type, typeOid: number(row, 4) })
  }
  for (const row of await queries.ask(triggersQuery)) {
    const relation = byOid.get(number(row, 0))
    if (!relation) continue
    relation.triggers ??= []
    relation.triggers.push({ events: eventsOf(number(row, 1)), routine: { schema: text(row, 2), name: text(row, 3) } })
  }
  for (const row of await queries.ask(parentsQuery)) {
    const relation = byOid.get(number(row, 0))
    if (!relation) continue
    relation.parents ??= []
    relation.parents.push(number(row, 1))
  }
  const routines = readRoutines(await queries.ask(routinesQuery(serverVersion)))
  await queries.ask('COMMIT')
  return { relations, routines, searchPath, serverVersion }
}

const relationsQuery = `
  SELECT c.oid, n.nspname, c.relname, c.relkind,
         CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  ORDER BY c.oid`

const columnsQuery = `
  SELECT a.attrelid, a.attnum, a.attname, format_type(a.atttypid, NULL), a.atttypid
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind NOT IN ('i', 'I')
  ORDER BY a.attrelid, a.attnum`

const triggersQuery = `
  SELECT t.tgrelid, t.tgtype, n.nspname, p.proname
  FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'
  ORDER BY t.tgrelid, t.tgname`

const parentsQuery = `
  SELECT i.inhrelid, i.inhparent
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE c.relkind NOT IN ('i', 'I')
  ORDER BY i.inhrelid, i.inhseqno`

/** Bodies are read for routines that someone added; what PostgreSQL brings along is known by its name. */
function routinesQuery(serverVersion: number): string {
  const sqlBody = serverVersion >= sqlBodyVersion ? 'CASE WHEN added THEN pg_get_function_sqlbody(p.oid) END' : 'NULL'
  return `
  SELECT p.oid, n.nspname, p.proname, p.prokind, l.lanname,
         CASE WHEN added AND l.lanname IN ('sql', 'plpgsql') THEN p.prosrc END,
         ${sqlBody},
         array_to_json(ARRAY(
           SELECT coalesce(p.proargnames[a.i], '')
           FROM generate_series(1, coalesce(array_length(p.proallargtypes, 1), p.pronargs)) AS a (i)
           WHERE p.proargmodes IS NULL OR p.proargmodes[a.i] IN ('i', 'b', 'v')
           ORDER BY a.i)),
         p.proretset, coalesce(r.typrelid, 0)
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_language l ON l.oid = p.prolang
  LEFT JOIN pg_type r ON r.oid = p.prorettype
  CROSS JOIN LATERAL (SELECT n.nspname NOT IN ('pg_catalog', 'information_schema') AS added) AS origin
  ORDER BY p.oid`
}

const relationKinds: Record<string, RelationData['kind']> = {
  r: 'table',
  p: 'table',
  t: 'table', // TOAST: a superuser can read one by its name
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
  S: 'sequence',
  i: 'index',
  I: 'index',
  c: 'composite type',
}

const routineKinds: Record<string, RoutineData['kind']> = { f: 'function', p: 'procedure', a: 'aggregate', w: 'window' }

function readRelations(rows: TextRow[]): RelationData[] {
  return rows.map(row => {
    const relation: RelationData = {
      oid: number(row, 0),
      schema: text(row, 1),
      name: text(row, 2),
      // A kind that a later version adds is something to read rows from until we know better.
      kind: relationKinds[text(row, 3)] ?? 'table',
      columns: [],
    }
    const definition = row[4] ?? null
    return definition === null ? relation : { ...relation, definition }
  })
}

function readRoutines(rows: TextRow[]): RoutineData[] {
  return rows.map(row => {
    const sqlBody = row[6] ?? null
    return {
      oid: number(row, 0),
      schema: text(row, 1),
      name: text(row, 2),
      kind: routineKinds[text(row, 3)] ?? 'function',
      language: text(row, 4),
      // The source of a BEGIN ATOMIC is empty, which would look like a body that does nothing.
      body: sqlBody === null ? (row[5] ?? null) : null,
      sqlBody,
      parameters: strings(row, 7),
      returnsSet: text(row, 8) === 't',
      returnsRelation: number(row, 9),
    }
  })
}

/** The bits of `pg_trigger.tgtype` (catalog/pg_trigger.h). */
function eventsOf(type: number): string[] {
  const bits: [number, string][] = [
    [4, 'INSERT'],
    [8, 'DELETE'],
    [16, 'UPDATE'],
    [32, 'TRUNCATE'],
  ]
  return bits.filter(([bit]) => type & bit).map(([, event]) => event)
}

function text(row: TextRow | undefined, column: number): string {
  const value = row?.[column]
  if (typeof value !== 'string') throw new WireError('08P01', `expected a value in column ${column} of the catalogue's answer`)
  return value
}

function number(row: TextRow | undefined, column: number): number {
  const value = Number(text(row, column))
  if (!Number.isSafeInteger(value)) throw new WireError('08P01', `expected a number in column ${column} of the catalogue's answer`)
  return value
}

function strings(row: TextRow | undefined, column: number): string[] {
  let value: unknown
  try {
    value = JSON.parse(text(row, column))
  } catch {
    value = null
  }
  if (!Array.isArray(value) || !value.every(item => typeof item === 'string'))
    throw new WireError('08P01', `expected a list of texts in column ${column} of the catalogue's answer`)
  return value
}

function reasonOf(error: unknown): string {
  if (error instanceof QueryFailed) return `SQLSTATE ${error.notice.code}: ${error.notice.message}`
  if (error instanceof AnswerTooLong || error instanceof WireError) return error.message
  return error instanceof ConversationEnded ? 'the connection ended' : 'the connection broke'
}
