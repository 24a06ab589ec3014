import type { Command, Run, Session, SessionDetail, Verdict } from '@steno/recordings'
import type postgres from 'postgres'
import { readCursor, writeCursor } from './cursor.ts'
import type { Lag } from './indexer.ts'
import { shapeKey, storable, type CommandRow, type SessionRow } from './rows.ts'
import type { RunRow } from './runs.ts'
import type { HeldCommand, Bucket, Filter, Page, RuleHits, Search, ShapeHistory } from './search.ts'
import type { Sql } from './store.ts'
import { askedTableKeys } from './table-keys.ts'

export interface PgSearchParts {
  sql: Sql
  nowUs: () => number
  lag: () => Lag
}

type Condition = postgres.PendingQuery<postgres.Row[]>

interface ShapeRow {
  commands: number
  allowed: number
  denied: number
  approved: number
  refused: number
  errors: number
  principals: number
  runs: number
  first_us: number | null
  last_us: number | null
  last: string | null
  median_rows: number | null
  max_rows: number | null
}

/** So many of the newest commands of a shape are counted: agents ask some millions of times. */
const shapedMax = 100_000
/** Most that one page holds. */
const limitMax = 500
const bucketsMax = 2000

/** Search in the PostgreSQL index. Whatever comes from outside reaches the store as a parameter, never as SQL. */
export class PgSearch implements Search {
  readonly #sql: Sql
  readonly #nowUs: () => number
  readonly #lag: () => Lag

  constructor({ sql, nowUs, lag }: PgSearchParts) {
    this.#sql = sql
    this.#nowUs = nowUs
    this.#lag = lag
  }

  async commands(filter: Filter, { limit, cursor }: { limit: number; cursor: string | null }): Promise<Page<Command>> {
    const sql = this.#sql
    const conditions = this.#onCommands(filter)
    if (cursor !== null) {
      const [atUs, session, number] = readCursor(cursor, ['number', 'string', 'number'])
      conditions.push(sql`(at_us, session, number) < (${atUs!}::bigint, ${session!}::text, ${number!}::int)`)
    }
    const size = pageSize(limit)
    const rows = await sql<CommandRow[]>`
      select * from steno_index.commands c where ${this.#all(conditions)}
      order by at_us desc, session desc, number desc limit ${size + 1}`
    return page(rows, size, commandOf, last => [last.at_us, last.session, last.number])
  }

  async command(id: string): Promise<Command | null> {
    const [, session, number] = /^([0-9a-z]{1,40})\.([1-9]\d{0,8})$/.exec(id) ?? []
    if (session === undefined || number === undefined) return null
    const [row] = await this.#sql<
      CommandRow[]
    >`select * from steno_index.commands where session = ${session} and number = ${Number(number)}`
    return row ? commandOf(row) : null
  }

  async sessions(filter: Filter, { limit, cursor }: { limit: number; cursor: string | null }): Promise<Page<Session>> {
    const sql = this.#sql
    const conditions = this.#onSessions(filter)
    if (cursor !== null) {
      const [startedUs, id] = readCursor(cursor, ['number', 'string'])
      conditions.push(sql`(started_us, id) < (${startedUs!}::bigint, ${id!}::text)`)
    }
    const size = pageSize(limit)
    const rows = await sql<AttemptedSession[]>`
      select s.*, ${this.#attempts()} as attempts from steno_index.sessions s where ${this.#all(conditions)}
      order by started_us desc, id desc limit ${size + 1}`
    return page(rows, size, sessionOf, last => [last.started_us, last.id])
  }

  async session(id: string): Promise<SessionDetail | null> {
    const [row] = await this.#sql<AttemptedSession[]>`
      select s.*, ${this.#attempts()} as attempts from steno_index.sessions s where id = ${storable(id)}`
    if (!row) return null
    const { run, principal, delegation, target } = row.header
    return { ...sessionOf(row), runIdentity: run, principalDetail: principal, delegationDetail: delegation, labels: target.labels }
  }

  async runs(filter: Filter, { limit, cursor }: { limit: number; cursor: string | null }): Promise<Page<Run>> {
    const sql = this.#sql
    const conditions = this.#onRuns(filter)
    if (cursor !== null) {
      const [openedUs, id] = readCursor(cursor, ['number', 'string'])
      conditions.push(sql`(opened_us, s.id) < (${openedUs!}::bigint, ${id!}::text)`)
    }
    const size = pageSize(limit)
    const rows = await this.#selectRuns(sql`${this.#all(conditions)} order by opened_us desc, s.id desc limit ${size + 1}`)
    const nowUs = this.#nowUs()
    return page(
      rows,
      size,
      row => runOf(row, nowUs),
      last => [last.opened_us, last.id],
    )
  }

  async run(id: string): Promise<Run | null> {
    const [row] = await this.#selectRuns(this.#sql`s.id = ${storable(id)}`)
    return row ? runOf(row, this.#nowUs()) : null
  }

  async histogram(
    filter: Filter,
    range: { sinceUs: number; untilUs: number; buckets: number },
  ): Promise<{ buckets: Bucket[]; sessions: number; commands: number }> {
    const sql = this.#sql
    const count = Math.min(Math.max(1, Math.floor(range.buckets)), bucketsMax)
    const stepUs = Math.max(1, Math.ceil((range.untilUs - range.sinceUs) / count))
    const within = {
      ...filter,
      sinceUs: Math.max(range.sinceUs, filter.sinceUs ?? -Infinity),
      untilUs: Math.min(range.untilUs, filter.untilUs ?? Infinity),
    }
    const rows = await sql<{ bucket: number; commands: number; errors: number; denied: number; held: number }[]>`
      select (at_us - ${range.sinceUs}::bigint) / ${stepUs}::bigint as bucket, count(*) as commands, count(error_code) as errors,
             count(*) filter (where verdict = 'deny') as denied, count(*) filter (where held) as held
      from steno_index.commands c where ${this.#all(this.#onCommands(within))} group by 1`
    const [sessions] = await sql<{ count: number }[]>`
      select count(*) as count from steno_index.sessions s where ${this.#all(this.#onSessions(within))}`
    const buckets = Array.from({ length: count }, (_, at): Bucket => ({
      at: timestamp(range.sinceUs + at * stepUs),
      commands: 0,
      errors: 0,
      denied: 0,
      held: 0,
    }))
    for (const { bucket, ...counts } of rows) Object.assign(buckets[bucket] ?? {}, counts)
    return { buckets, sessions: sessions?.count ?? 0, commands: rows.reduce((sum, { commands }) => sum + commands, 0) }
  }

  async ruleHits({ sinceUs }: { sinceUs: number }): Promise<RuleHits[]> {
    const rows = await this.#sql<
      { policy_version: string; rule: string | null; matched: string[]; verdict: Verdict; commands: number; last_us: number }[]
    >`
      select policy_version, rule, verdict, count(*)::int as commands, max(at_us) as last_us,
             array(select distinct each ->> 'rule' from jsonb_array_elements(coalesce(matched, '[]')) each order by 1) as matched
      from steno_index.commands where at_us >= ${Math.floor(sinceUs)}::bigint and (rule is not null or matched is not null)
      group by policy_version, rule, verdict, 6`
    return rows.map(({ policy_version, last_us, ...row }) => ({ ...row, policyVersion: policy_version, lastAt: timestamp(last_us) }))
  }

  async heldCommands(ids: readonly string[]): Promise<Map<string, HeldCommand>> {
    const rows = await this.#sql<(CommandRow & { header: SessionRow['header'] })[]>`
      select c.*, s.header from steno_index.commands c join steno_index.sessions s on s.id = c.session
      where c.session || '.' || c.number = any(${[...ids]}::text[]) and c.session = any(${ids.map(id => id.split('.')[0]!)}::text[])`
    return new Map(
      rows.map(row => [`${row.session}.${row.number}`, { command: commandOf(row), run: row.header.run, labels: row.header.target.labels }]),
    )
  }

  async shapeHistory({
    text,
    target,
    beforeUs,
    except,
  }: {
    text: string
    target: string
    beforeUs: number
    except: string
  }): Promise<ShapeHistory> {
    const [row] = await this.#sql<ShapeRow[]>`
      select count(*)::int as commands,
             count(*) filter (where verdict = 'allow')::int as allowed,
             count(*) filter (where verdict = 'deny')::int as denied,
             count(*) filter (where approval is not null and verdict = 'allow')::int as approved,
             count(*) filter (where approval is not null and verdict = 'deny')::int as refused,
             count(error_code) filter (where verdict = 'allow')::int as errors,
             count(distinct principal)::int as principals, count(distinct run)::int as runs,
             min(at_us) as first_us, max(at_us) as last_us,
             (array_agg(session || '.' || number order by at_us desc))[1] as last,
             percentile_disc(0.5) within group (order by coalesce(affected, rows))
               filter (where verdict = 'allow' and error_code is null) as median_rows,
             max(coalesce(affected, rows)) filter (where verdict = 'allow' and error_code is null) as max_rows
      from (
        select * from steno_index.commands
        where target = ${storable(target)} and shape = ${shapeKey(text)} and at_us <= ${Math.floor(beforeUs)}::bigint
          and session || '.' || number <> ${except} and kind not in ('prepare', 'bind')
        order by at_us desc limit ${shapedMax}
      ) c`
    const { first_us, last_us, median_rows, max_rows, ...counts } = row!
    return {
      ...counts,
      firstAt: first_us === null ? null : timestamp(first_us),
      lastAt: last_us === null ? null : timestamp(last_us),
      rows: median_rows === null || max_rows === null ? null : { median: median_rows, max: max_rows },
    }
  }

  lag(): Promise<Lag> {
    return Promise.resolve(this.#lag())
  }

  /** Conditions on the columns that commands and sessions share. */
  #onBoth(filter: Filter): Condition[] {
    const sql = this.#sql
    const conditions: Condition[] = []
    if (filter.principal !== undefined)
      conditions.push(sql`(principal = ${storable(filter.principal)} or delegation @> array[${storable(filter.principal)}::text])`)
    if (filter.agent !== undefined) conditions.push(sql`(principal = ${storable(filter.agent)} and principal_kind = 'agent')`)
    if (filter.run !== undefined) conditions.push(sql`run = ${storable(filter.run)}`)
    if (filter.task !== undefined) conditions.push(sql`task = ${storable(filter.task)}`)
    if (filter.target !== undefined) conditions.push(sql`target = ${storable(filter.target)}`)
    if (filter.protocol !== undefined) conditions.push(sql`protocol = ${storable(filter.protocol)}`)
    return conditions
  }

  /** Conditions that only a command can meet. */
  #onCommandAlone(filter: Filter): Condition[] {
    const sql = this.#sql
    const conditions: Condition[] = []
    if (filter.verb !== undefined) conditions.push(sql`verbs @> array[${storable(filter.verb).toUpperCase()}::text]`)
    if (filter.table !== undefined) conditions.push(sql`tables && ${askedTableKeys(storable(filter.table))}::text[]`)
    if (filter.column !== undefined) conditions.push(sql`columns @> array[${storable(filter.column).toLowerCase()}::text]`)
    if (filter.verdict === 'hold') conditions.push(sql`held`)
    else if (filter.verdict !== undefined) conditions.push(sql`verdict = ${filter.verdict}`)
    if (filter.text !== undefined && filter.text !== '')
      conditions.push(sql`(asked || E'\n' || answered) ilike ${`%${escapeLike(storable(filter.text))}%`}`)
    return conditions
  }

  #onCommands(filter: Filter): Condition[] {
    const sql = this.#sql
    const conditions = [...this.#onBoth(filter), ...this.#onCommandAlone(filter)]
    if (filter.session !== undefined) conditions.push(sql`session = ${storable(filter.session)}`)
    if (isTime(filter.sinceUs)) conditions.push(sql`at_us >= ${Math.floor(filter.sinceUs)}::bigint`)
    if (isTime(filter.untilUs)) conditions.push(sql`at_us < ${Math.ceil(filter.untilUs)}::bigint`)
    if (filter.error !== undefined) conditions.push(filter.error ? sql`error_code is not null` : sql`error_code is null`)
    if (filter.live !== undefined)
      conditions.push(sql`exists (select from steno_index.sessions s where s.id = c.session and ${this.#isLive(filter.live)})`)
    return conditions
  }

  /** A session meets the conditions on commands if one of its commands meets all of them; it is in a span of time it was open in. */
  #onSessions(filter: Filter): Condition[] {
    const sql = this.#sql
    const conditions = this.#onBoth(filter)
    if (filter.session !== undefined) conditions.push(sql`s.id = ${storable(filter.session)}`)
    if (isTime(filter.sinceUs))
      conditions.push(sql`coalesce(ended_us, ${Number.MAX_SAFE_INTEGER}::bigint) >= ${Math.floor(filter.sinceUs)}::bigint`)
    if (isTime(filter.untilUs)) conditions.push(sql`started_us < ${Math.ceil(filter.untilUs)}::bigint`)
    if (filter.error !== undefined) conditions.push(filter.error ? sql`errors > 0` : sql`errors = 0`)
    if (filter.live !== undefined) conditions.push(this.#isLive(filter.live))
    if (this.#onCommandAlone(filter).length > 0) {
      const { error: _, live: __, ...ofCommands } = filter
      conditions.push(sql`s.id in (select session from steno_index.commands c where ${this.#all(this.#onCommands(ofCommands))})`)
    }
    return conditions
  }

  #onRuns(filter: Filter): Condition[] {
    const sql = this.#sql
    const { target, protocol, run, session, error, live, sinceUs, untilUs, ...rest } = filter
    const conditions = this.#onBoth(rest)
    if (run !== undefined) conditions.push(sql`s.id = ${storable(run)}`)
    if (target !== undefined) conditions.push(sql`targets @> array[${storable(target)}::text]`)
    if (isTime(sinceUs)) conditions.push(sql`coalesce(ended_us, expires_us) >= ${Math.floor(sinceUs)}::bigint`)
    if (isTime(untilUs)) conditions.push(sql`opened_us < ${Math.ceil(untilUs)}::bigint`)
    if (live !== undefined) {
      const isOpen = sql`ended_us is null and expires_us > ${this.#nowUs()}::bigint`
      conditions.push(live ? sql`(${isOpen})` : sql`not (${isOpen})`)
    }
    if (session !== undefined || error !== undefined || protocol !== undefined || this.#onCommandAlone(filter).length > 0) {
      const { live: _, run: __, ...ofSessions } = filter
      conditions.push(sql`s.id in (select run from steno_index.sessions s where ${this.#all(this.#onSessions(ofSessions))})`)
    }
    return conditions
  }

  #isLive(live: boolean): Condition {
    return live ? this.#sql`s.ended_us is null` : this.#sql`s.ended_us is not null`
  }

  #all(conditions: Condition[]): Condition {
    const sql = this.#sql
    return conditions.reduce((all, condition) => sql`${all} and ${condition}`, sql`true`)
  }

  /** How many runs of the same task the same principal has had. The ledger may be a moment behind the session that it let in. */
  #attempts(): Condition {
    return this.#sql`greatest(s.attempt, (
      select count(*) from steno_index.runs r where r.principal = s.principal and coalesce(r.task, '') = coalesce(s.task, '')))::int`
  }

  #selectRuns(conditions: Condition): Promise<CountedRun[]> {
    return this.#sql<CountedRun[]>`
      select s.*, ${this.#attempts()} as attempts, counts.*
      from steno_index.runs s left join lateral (
        select count(*)::int as sessions, coalesce(sum(commands), 0)::int as commands, coalesce(sum(errors), 0)::int as errors,
               coalesce(sum(denied), 0)::int as denied, coalesce(sum(held), 0)::int as held, coalesce(sum(masked), 0)::bigint as masked
        from steno_index.sessions where sessions.run = s.id) counts on true
      where ${conditions}`
  }
}

interface AttemptedSession extends SessionRow {
  attempts: number
}

interface CountedRun extends Omit<RunRow, 'principal_kind'> {
  attempts: number
  sessions: number
  commands: number
  errors: number
  denied: number
  held: number
  masked: number
}

function commandOf(row: CommandRow): Command {
  return {
    id: `${row.session}.${row.number}`,
    session: row.session,
    number: row.number,
    run: row.run,
    attempt: row.attempt,
    task: row.task,
    principal: row.principal,
    delegation: row.delegation,
    target: row.target,
    protocol: row.protocol,
    at: timestamp(row.at_us),
    kind: row.kind,
    text: row.text,
    ...(row.text_length > row.text.length ? { textLength: row.text_length } : {}),
    parameters: row.parameters,
    operations: row.operations,
    verdict: row.verdict,
    ...(row.rule === null ? {} : { rule: row.rule }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.matched === null ? {} : { matched: row.matched }),
    ...(row.approval === null ? {} : { approval: row.approval }),
    policyVersion: row.policy_version,
    masked: row.masked,
    ...(row.rows === null ? {} : { rows: row.rows }),
    ...(row.affected === null ? {} : { affected: row.affected }),
    ...(row.error_code === null ? {} : { error: { code: row.error_code, message: row.error_message ?? '' } }),
    durationMs: row.duration_us === null ? null : row.duration_us / 1000,
    frame: row.frame,
  }
}

function sessionOf(row: AttemptedSession): Session {
  return {
    id: row.id,
    run: row.run,
    attempt: row.attempt,
    attempts: row.attempts,
    task: row.task,
    agentVersion: row.agent_version,
    principal: row.principal,
    delegation: row.delegation,
    target: row.target,
    protocol: row.protocol,
    startedAt: timestamp(row.started_us),
    endedAt: row.ended_us === null ? null : timestamp(row.ended_us),
    endReason: row.end_reason as Session['endReason'],
    durationMs: row.ended_us === null ? null : (row.ended_us - row.started_us) / 1000,
    commands: row.commands,
    errors: row.errors,
    denied: row.denied,
    held: row.held,
    masked: row.masked,
    sizeBytes: row.indexed_bytes,
    clientAddress: row.client_address,
    application: row.application,
    policyVersion: row.policy_version,
  }
}

function runOf(row: CountedRun, nowUs: number): Run {
  return {
    id: row.id,
    principal: row.principal,
    delegation: row.delegation,
    task: row.task,
    trigger: row.trigger,
    agentVersion: row.agent_version,
    attempt: row.attempt,
    attempts: row.attempts,
    parent: row.parent,
    targets: row.targets,
    openedAt: timestamp(row.opened_us),
    expiresAt: timestamp(row.expires_us),
    endedAt: row.ended_us === null ? null : timestamp(row.ended_us),
    exitCode: row.exit_code,
    state: row.ended_us !== null ? 'ended' : row.expires_us <= nowUs ? 'expired' : 'open',
    sessions: row.sessions,
    commands: row.commands,
    errors: row.errors,
    denied: row.denied,
    held: row.held,
    masked: row.masked,
  }
}

/** Cuts off the row that only tells that there is another page. */
function page<Row, Item>(rows: Row[], size: number, itemOf: (row: Row) => Item, place: (last: Row) => (string | number)[]): Page<Item> {
  const shown = rows.slice(0, size)
  const last = shown.at(-1)
  return { items: shown.map(itemOf), cursor: rows.length > size && last !== undefined ? writeCursor(place(last)) : null }
}

function pageSize(limit: number): number {
  return Math.min(Math.max(1, Math.floor(limit)), limitMax)
}

function isTime(atUs: number | undefined): atUs is number {
  return atUs !== undefined && Number.isFinite(atUs)
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}

/** RFC 3339, UTC, microseconds. */
function timestamp(atUs: number): string {
  const second = Math.floor(atUs / 1e6)
  return `${new Date(second * 1000).toISOString().slice(0, 19)}.${String(atUs - second * 1e6).padStart(6, '0')}Z`
}
