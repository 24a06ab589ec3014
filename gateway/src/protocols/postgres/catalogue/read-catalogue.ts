import type { CatalogueData, ColumnData, ReferenceAction, RelationData, RoutineData, RoutineName, RuleData } from '@steno/policy-dsl'
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
/** Before it, no column is generated. */
const generatedVersion = 120_000

/** Before it, statistics are of columns and not of expressions. */
const statisticsVersion = 140_000

/** Printing what a view or a rule does needs a lock on what it reads. Somebody's migration may hold those for long, and must not stop everybody else. */
const lockTimeoutMs = 200
/** What stands for a definition that somebody's lock kept from being read: no statement, so nobody takes it for one that was understood. */
const unread = '?'
const lockNotAvailable = '55P03'

/** What was read, which may lack what views and rules do. */
export type ReadCatalogue = CatalogueData & { isPartial?: boolean }

/** What a target's database says of its relations and routines, read over a connection of its own. Throws `TargetRefused`. */
export async function readCatalogue(target: AdmittedTarget, doors: Doors): Promise<ReadCatalogue> {
  const parameters = new Map([...Object.entries(pinned), ['application_name', 'steno catalogue'] as const])
  const { mailbox } = await openTarget(target, parameters, doors)
  const { socket } = mailbox
  let isLate = false
  const deadline = doors.machine.clock.after(readingMs, () => {
    isLate = true
    socket.destroy()
  })
  try {
    const data = await askWithoutWaiting(new SimpleQueries(mailbox, { bytesMax: catalogueBytesMax }))
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

async function askWithoutWaiting(queries: SimpleQueries): Promise<ReadCatalogue> {
  try {
    return await ask(queries, { withDefinitions: true })
  } catch (error) {
    if (!(error instanceof QueryFailed) || error.notice.code !== lockNotAvailable) throw error
    await queries.ask('ROLLBACK')
    return { ...(await ask(queries, { withDefinitions: false })), isPartial: true }
  }
}

async function ask(queries: SimpleQueries, { withDefinitions }: { withDefinitions: boolean }): Promise<CatalogueData> {
  // The path is still the account's own, on which anybody may have put functions of these names.
  const [about] = await queries.ask(
    "SELECT pg_catalog.current_setting('server_version_num'), pg_catalog.array_to_json(pg_catalog.current_schemas(false))",
  )
  const serverVersion = number(about, 0)
  const searchPath = strings(about, 1)
  const printing = (query: string) => (withDefinitions ? query : withoutPrinting(query))
  // One snapshot for all, in which names are printed with their schema unless
  // they are PostgreSQL's own: what a view's definition says does not hang on
  // a search path.
  await queries.ask(
    `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
     SET LOCAL statement_timeout = ${statementTimeoutMs};
     SET LOCAL lock_timeout = ${lockTimeoutMs};
     SET LOCAL search_path = pg_catalog, pg_temp`,
  )
  const relations = readRelations(await queries.ask(relationsQuery(withDefinitions)))
  const byOid = new Map(relations.map(relation => [relation.oid, relation]))
  for (const row of await queries.ask(printing(columnsQuery(serverVersion)))) byOid.get(number(row, 0))?.columns.push(readColumn(row))
  for (const row of await queries.ask(printing(triggersQuery))) {
    const relation = byOid.get(number(row, 0))
    if (!relation) continue
    relation.triggers ??= []
    const type = number(row, 1)
    const trigger = {
      events: eventsOf(type),
      routine: { schema: text(row, 2), name: text(row, 3) },
      ...(changesRow(type) ? { changesRow: true as const } : {}),
    }
    relation.triggers.push(typeof row[4] === 'string' ? { ...trigger, definition: row[4] } : trigger)
  }
  for (const row of await queries.ask(parentsQuery)) {
    const relation = byOid.get(number(row, 0))
    if (!relation) continue
    relation.parents ??= []
    relation.parents.push(number(row, 1))
  }
  for (const row of await queries.ask(referencesQuery)) {
    const relation = byOid.get(number(row, 0))
    if (!relation) continue
    relation.referencedBy ??= []
    relation.referencedBy.push({
      from: number(row, 1),
      onDelete: actionOf(text(row, 2)),
      onUpdate: actionOf(text(row, 3)),
      columns: strings(row, 4),
      keys: strings(row, 5),
    })
  }
  for (const row of await queries.ask(rulesQuery(withDefinitions))) {
    const relation = byOid.get(number(row, 0))
    if (!relation) continue
    relation.rules ??= []
    relation.rules.push({ event: ruleEvents[text(row, 1)] ?? 'SELECT', isInstead: text(row, 2) === 't', definition: text(row, 3) })
  }
  for (const row of await queries.ask(printing(expressionsQuery(serverVersion)))) {
    const relation = byOid.get(number(row, 0))
    if (!relation) continue
    const place = text(row, 1) as 'checks' | 'policies' | 'indexes'
    relation[place] ??= []
    relation[place].push(text(row, 2))
  }
  const routines = readRoutines(await queries.ask(printing(routinesQuery(serverVersion))))
  const routinesByOid = new Map(routines.map(routine => [routine.oid, routine]))
  for (const row of await queries.ask(aggregatesQuery)) {
    const aggregate = routinesByOid.get(number(row, 0))
    if (!aggregate) continue
    aggregate.calls ??= []
    aggregate.calls.push({ schema: text(row, 1), name: text(row, 2) })
  }
  const operators = (await queries.ask(operatorsQuery)).map(row => ({
    schema: text(row, 0),
    name: text(row, 1),
    routine: { schema: text(row, 2), name: text(row, 3) },
  }))
  const casts = (await queries.ask(castsQuery)).map(row => ({ source: text(row, 0), target: text(row, 1), routine: qualifiedName(row, 2) }))
  const domains = (await queries.ask(domainsQuery)).map(row => ({
    schema: text(row, 0),
    name: text(row, 1),
    base: text(row, 2),
    checks: strings(row, 3),
  }))
  const types = (await queries.ask(typesQuery)).map(row => {
    const type = { schema: text(row, 0), name: text(row, 1) }
    return typeof row[2] === 'string' ? { ...type, extension: row[2] } : type
  })
  await queries.ask('COMMIT')
  return { relations, routines, searchPath, serverVersion, operators, casts, domains, types }
}

function relationsQuery(withDefinitions: boolean): string {
  const definition = withDefinitions
    ? 'pg_get_viewdef(c.oid)'
    : `CASE WHEN n.nspname NOT IN ('pg_catalog', 'information_schema') THEN '${unread}' END`
  return `
  SELECT c.oid, n.nspname, c.relname, c.relkind,
         CASE WHEN c.relkind IN ('v', 'm') THEN ${definition} END
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  ORDER BY c.oid`
}

/** Our own queries, with what stands for an expression or a body in its place: PostgreSQL locks tables to print them. */
function withoutPrinting(query: string): string {
  return query
    .replace(/pg_get_expr\(([a-z.]+), [a-z.]+\)/g, `CASE WHEN $1 IS NOT NULL THEN '${unread}' END`)
    .replace('pg_get_triggerdef(t.oid)', `'${unread}'`)
    .replace('pg_get_function_sqlbody(p.oid)', `CASE WHEN p.prosqlbody IS NOT NULL THEN '${unread}' END`)
}

/** What PostgreSQL brings along has lower numbers. */
const addedOid = 16_384

/** A default is read where it calls something, be it through an operator or a type that someone added. */
function columnsQuery(serverVersion: number): string {
  const isGenerated = serverVersion >= generatedVersion ? "a.attgenerated <> ''" : 'false'
  return `
  SELECT a.attrelid, a.attnum, a.attname, format_type(a.atttypid, NULL), a.atttypid,
         CASE WHEN ${isGenerated} THEN pg_get_expr(d.adbin, d.adrelid) END,
         CASE WHEN NOT ${isGenerated} AND (pg_get_expr(d.adbin, d.adrelid) ~ '[(${unread}]' OR EXISTS (
           SELECT FROM pg_depend p
           WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refobjid >= ${addedOid}
             AND p.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass)))
           THEN pg_get_expr(d.adbin, d.adrelid) END,
         CASE WHEN t.typtype = 'd' THEN n.nspname END, CASE WHEN t.typtype = 'd' THEN t.typname END
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind NOT IN ('i', 'I')
  ORDER BY a.attrelid, a.attnum`
}

const triggersQuery = `
  SELECT t.tgrelid, t.tgtype, n.nspname, p.proname, CASE WHEN t.tgqual IS NOT NULL THEN pg_get_triggerdef(t.oid) END
  FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'
  ORDER BY t.tgrelid, t.tgname`

const parentsQuery = `
  SELECT i.inhrelid, i.inhparent
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE c.relkind NOT IN ('i', 'I')
  ORDER BY i.inhrelid, i.inhseqno`

const referencesQuery = `
  SELECT k.confrelid, k.conrelid, k.confdeltype, k.confupdtype,
         array_to_json(ARRAY(SELECT a.attname FROM unnest(k.conkey) AS c (number)
                             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.number ORDER BY a.attnum)),
         array_to_json(ARRAY(SELECT a.attname FROM unnest(k.confkey) AS c (number)
                             JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = c.number ORDER BY a.attnum))
  FROM pg_constraint k
  WHERE k.contype = 'f'
  ORDER BY k.oid`

/** A view's own query is its definition. */
function rulesQuery(withDefinitions: boolean): string {
  return `
  SELECT r.ev_class, r.ev_type, r.is_instead, ${withDefinitions ? 'pg_get_ruledef(r.oid)' : `'${unread}'`}
  FROM pg_rewrite r
  WHERE r.rulename <> '_RETURN' AND r.ev_enabled <> 'D'
  ORDER BY r.ev_class, r.rulename`
}

function expressionsQuery(serverVersion: number): string {
  const statistics =
    serverVersion >= statisticsVersion ? "UNION ALL SELECT stxrelid, 'indexes', pg_get_expr(stxexprs, stxrelid) FROM pg_statistic_ext" : ''
  return `
  SELECT relation, place, expression FROM (
    SELECT conrelid, 'checks', pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0
    UNION ALL SELECT polrelid, 'policies', pg_get_expr(polqual, polrelid) FROM pg_policy
    UNION ALL SELECT polrelid, 'policies', pg_get_expr(polwithcheck, polrelid) FROM pg_policy
    UNION ALL SELECT indrelid, 'indexes', pg_get_expr(indexprs, indrelid) FROM pg_index
    UNION ALL SELECT indrelid, 'indexes', pg_get_expr(indpred, indrelid) FROM pg_index
    UNION ALL SELECT partrelid, 'indexes', pg_get_expr(partexprs, partrelid) FROM pg_partitioned_table
    ${statistics}
  ) AS e (relation, place, expression)
  WHERE expression IS NOT NULL
  ORDER BY relation, place, expression`
}

const aggregatesQuery = `
  SELECT DISTINCT a.aggfnoid::oid, n.nspname, p.proname
  FROM pg_aggregate a
  CROSS JOIN LATERAL (VALUES (a.aggtransfn), (a.aggfinalfn), (a.aggcombinefn), (a.aggserialfn), (a.aggdeserialfn),
                             (a.aggmtransfn), (a.aggminvtransfn), (a.aggmfinalfn)) AS f (number)
  JOIN pg_proc p ON p.oid = f.number
  JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE a.aggfnoid >= ${addedOid}
  ORDER BY 1, 2, 3`

const operatorsQuery = `
  SELECT n.nspname, o.oprname, f.nspname, p.proname
  FROM pg_operator o
  JOIN pg_namespace n ON n.oid = o.oprnamespace
  JOIN pg_proc p ON p.oid = o.oprcode
  JOIN pg_namespace f ON f.oid = p.pronamespace
  WHERE n.nspname <> 'pg_catalog' OR o.oid >= ${addedOid}
  ORDER BY o.oid`

const castsQuery = `
  SELECT format_type(c.castsource, NULL), format_type(c.casttarget, NULL), n.nspname, p.proname
  FROM pg_cast c LEFT JOIN pg_proc p ON p.oid = c.castfunc LEFT JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE c.oid >= ${addedOid}
  ORDER BY c.oid`

const domainsQuery = `
  SELECT n.nspname, t.typname, format_type(t.typbasetype, t.typtypmod),
         array_to_json(ARRAY(SELECT pg_get_expr(k.conbin, 0) FROM pg_constraint k
                             WHERE k.contypid = t.oid AND k.conbin IS NOT NULL ORDER BY k.conname))
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE t.typtype = 'd' AND t.oid >= ${addedOid}
  ORDER BY t.oid`

const typesQuery = `
  SELECT n.nspname, t.typname, CASE WHEN o.rolsuper THEN e.extname END
  FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_class c ON c.oid = t.typrelid
  LEFT JOIN pg_roles o ON o.oid = t.typowner
  LEFT JOIN pg_depend d
    ON d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
  LEFT JOIN pg_extension e ON e.oid = d.refobjid
  WHERE t.oid >= ${addedOid} AND t.typcategory <> 'A' AND (c.oid IS NULL OR c.relkind = 'c')
  ORDER BY t.oid`

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
         p.proretset, coalesce(r.typrelid, 0), CASE WHEN o.rolsuper THEN e.extname END,
         (SELECT substr(s, 13) FROM unnest(p.proconfig) AS s WHERE s LIKE 'search\\_path=%'),
         CASE WHEN added THEN pg_get_expr(p.proargdefaults, 0) END
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_language l ON l.oid = p.prolang
  LEFT JOIN pg_type r ON r.oid = p.prorettype
  LEFT JOIN pg_roles o ON o.oid = p.proowner
  LEFT JOIN pg_depend d
    ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
  LEFT JOIN pg_extension e ON e.oid = d.refobjid
  CROSS JOIN LATERAL (SELECT p.oid >= ${addedOid} OR n.nspname NOT IN ('pg_catalog', 'information_schema') AS added) AS origin
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

/** The letters of `pg_rewrite.ev_type`. */
const ruleEvents: Record<string, RuleData['event']> = { 1: 'SELECT', 2: 'UPDATE', 3: 'INSERT', 4: 'DELETE' }

function readColumn(row: TextRow): ColumnData {
  const column: ColumnData = { name: text(row, 2), attribute: number(row, 1), type: text(row, 3), typeOid: number(row, 4) }
  if (typeof row[5] === 'string') column.generated = row[5]
  if (typeof row[6] === 'string') column.default = row[6]
  const domain = qualifiedName(row, 7)
  return domain ? { ...column, domain } : column
}

/** A name in its schema, from two columns that are null together. */
function qualifiedName(row: TextRow, column: number): RoutineName | null {
  return typeof row[column] === 'string' ? { schema: text(row, column), name: text(row, column + 1) } : null
}

function readRoutines(rows: TextRow[]): RoutineData[] {
  return rows.map(row => {
    const sqlBody = row[6] ?? null
    const extension = row[10] ?? null
    const searchPath = row[11] ?? null
    const defaults = row[12] ?? null
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
      ...(extension === null ? {} : { extension }),
      ...(searchPath === null ? {} : { searchPath }),
      ...(defaults === null ? {} : { defaults }),
    }
  })
}

/** The letters of `pg_constraint.confdeltype`: cascade, set null, set default, and those that only fail. */
function actionOf(letter: string): ReferenceAction {
  if (letter === 'c') return 'cascade'
  return letter === 'n' || letter === 'd' ? 'set' : 'none'
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

/** ROW, and BEFORE or INSTEAD OF. */
function changesRow(type: number): boolean {
  return (type & 1) !== 0 && (type & (2 | 64)) !== 0
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
