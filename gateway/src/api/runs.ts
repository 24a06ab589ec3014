import { statementShape } from '@steno/policy-dsl'
import type { Command, Run } from '@steno/recordings'
import { Hono } from 'hono'
import { describeRoute, validator } from 'hono-openapi'
import { z } from 'zod'
import { mayDo } from '../identity/index.ts'
import type { ActiveRun } from '../protocols/protocol.ts'
import { actorOf, allow, type ApiEnv, type Caller } from './caller.ts'
import type { ApiDeps } from './deps.ts'
import { json, problems } from './describe.ts'
import { pageQuery, toFilter } from './filter.ts'
import { Problem, refuseInvalid } from './problem.ts'
import { comparison, openedRun, pageOf, run, runEnd, runRequest } from './schemas.ts'

/** As many attempts are set beside each other, the newest. */
const comparedRunsMax = 20
/** As many commands of each are looked at. */
const comparedCommandsMax = 2000

/** Runs: open and end them, search them, compare the attempts of a task. */
export function runsApi(deps: ApiDeps) {
  const tags = ['runs']
  return new Hono<ApiEnv>()
    .get(
      '/',
      describeRoute({
        tags,
        summary: 'Runs, newest first',
        responses: { 200: json('a page of runs', pageOf(run)), ...problems(400, 401, 403) },
      }),
      allow('read trail'),
      validator('query', pageQuery, refuseInvalid),
      async c => {
        const { limit, cursor, ...filter } = c.req.valid('query')
        return c.json(await deps.search.runs(toFilter(filter, deps.machine.clock), { limit, cursor: cursor ?? null }))
      },
    )
    .post(
      '/',
      describeRoute({
        tags,
        summary: 'Opens a run',
        description:
          'With an agent’s secret, or inside a run with that run’s token: the new run is then delegated by it, and never wider or longer.',
        responses: { 201: json('the run, its token and how to reach its targets', openedRun), ...problems(400, 401, 403, 413, 503) },
      }),
      validator('json', runRequest, refuseInvalid),
      async c => {
        const caller = c.get('caller')
        if (caller.kind !== 'agent' && caller.kind !== 'run') {
          throw new Problem(403, 'a run is opened with an agent’s secret, or inside a run with its token')
        }
        const opened = await deps.runs.open(caller, c.req.valid('json'))
        const { identity, expiresAtUs } = opened.run
        const answer = {
          id: identity.id,
          token: opened.token,
          attempt: identity.attempt,
          expiresAt: writeTime(expiresAtUs),
          targets: connections(deps, opened),
        }
        return c.json(answer, 201, { 'cache-control': 'no-store' })
      },
    )
    .get(
      '/compare',
      describeRoute({
        tags,
        summary: 'The attempts of a task beside each other: which shapes of command each of them issued, and how often',
        responses: { 200: json('the attempts and the shapes', comparison), ...problems(400, 401, 403) },
      }),
      allow('read trail'),
      validator(
        'query',
        z.strictObject({ task: z.string().min(1).max(500), principal: z.string().min(1).max(500).optional() }),
        refuseInvalid,
      ),
      async c => c.json(await compare(deps, c.req.valid('query'))),
    )
    .get(
      '/:id',
      describeRoute({ tags, summary: 'One run', responses: { 200: json('the run', run), ...problems(401, 403, 404) } }),
      allow('read trail'),
      async c => {
        const found = (await deps.search.run(c.req.param('id'))) ?? openRun(deps, c.req.param('id'))
        if (!found) throw new Problem(404, 'no run of this id')
        return c.json(found)
      },
    )
    .post(
      '/:id/end',
      describeRoute({
        tags,
        summary: 'Ends a run, the runs inside it and their sessions',
        description: 'With the run’s own token, that of a run it was opened in, its agent’s secret, or a role that may terminate.',
        responses: {
          200: json('it is over', z.strictObject({ id: z.string(), state: z.literal('ended') })),
          ...problems(400, 401, 403, 404, 413, 503),
        },
      }),
      validator('json', runEnd, refuseInvalid),
      async c => {
        const id = c.req.param('id')
        const caller = c.get('caller')
        const found = deps.runs.get(id)
        if (!found || !mayEnd(caller, found)) throw new Problem(404, 'no open run of this id that you may end')
        await deps.runs.end(id, { exitCode: c.req.valid('json').exitCode ?? null, by: actorOf(caller) })
        return c.json({ id, state: 'ended' as const })
      },
    )

  function mayEnd(caller: Caller, found: ActiveRun): boolean {
    if (caller.kind === 'run') return isInside(found, caller.run.identity.id)
    // An agent ends what it started, and what was started on its behalf.
    if (caller.kind === 'agent') return (found.delegation.at(-1) ?? found.principal).name === caller.agent.name
    return mayDo(caller.role, 'terminate')
  }

  function isInside(found: ActiveRun, id: string): boolean {
    for (let at: ActiveRun | null = found; at; at = at.identity.parent === null ? null : deps.runs.get(at.identity.parent)) {
      if (at.identity.id === id) return true
    }
    return false
  }
}

/** How each target of a run is reached; targets whose port is turned off are left out. */
function connections(deps: ApiDeps, { run: opened, token }: { run: ActiveRun; token: string }) {
  return Object.fromEntries(
    opened.targets.flatMap(name => {
      const target = deps.targets[name]
      const address = target && deps.ports[target.protocol]
      if (!target || !address) return []
      const { protocol, url, env } = deps.connection({ run: opened.identity.id, token, target, address })
      return [[name, { protocol, url, env: { ...env, STENO_RUN: opened.identity.id, STENO_TOKEN: token } }]]
    }),
  )
}

/** A run that was opened a moment ago, before the index knows it. */
function openRun({ runs }: ApiDeps, id: string): Run | null {
  const found = runs.get(id)
  const openedAtUs = runs.openedAtUs(id)
  if (!found || openedAtUs === null) return null
  const { identity, principal, delegation, targets, expiresAtUs } = found
  return {
    id,
    principal: principal.name,
    delegation: delegation.map(({ name }) => name),
    task: identity.task,
    trigger: identity.trigger,
    agentVersion: identity.agentVersion,
    attempt: identity.attempt,
    attempts: runs.attempts(principal.name, identity.task),
    parent: identity.parent,
    targets,
    openedAt: writeTime(openedAtUs),
    expiresAt: writeTime(expiresAtUs),
    endedAt: null,
    exitCode: null,
    state: 'open',
    sessions: 0,
    commands: 0,
    errors: 0,
    denied: 0,
    held: 0,
    masked: 0,
  }
}

interface Shape {
  shape: string
  example: string
  verbs: string[]
  tables: string[]
  counts: number[]
  first: (string | null)[]
}

async function compare({ search }: ApiDeps, { task, principal }: { task: string; principal?: string | undefined }) {
  const page = await search.runs({ task, ...(principal === undefined ? {} : { principal }) }, { limit: comparedRunsMax, cursor: null })
  const runs = page.items.toReversed()
  const shapes = new Map<string, Shape>()
  let truncated = page.cursor !== null
  for (const [at, { id }] of runs.entries()) {
    const { commands, isAll } = await commandsOf(search, id)
    if (!isAll) truncated = true
    for (const command of commands) {
      const shape = statementShape(command.text)
      const known = shapes.get(shape) ?? emptyShape(shape, command, runs.length)
      shapes.set(shape, known)
      known.counts[at]! += 1
      known.first[at] ??= command.id
    }
  }
  return { task, runs, shapes: [...shapes.values()], truncated }
}

/** What a run had done, oldest first. What was only prepared or bound was not done. */
async function commandsOf(search: ApiDeps['search'], id: string): Promise<{ commands: Command[]; isAll: boolean }> {
  const commands: Command[] = []
  let cursor: string | null = null
  do {
    const page: { items: Command[]; cursor: string | null } = await search.commands({ run: id }, { limit: 500, cursor })
    commands.push(...page.items)
    cursor = page.cursor
  } while (cursor !== null && commands.length < comparedCommandsMax)
  return { commands: commands.filter(({ kind }) => kind !== 'prepare' && kind !== 'bind').toReversed(), isAll: cursor === null }
}

function emptyShape(shape: string, { text, operations }: Command, runs: number): Shape {
  return {
    shape,
    example: text,
    verbs: [...new Set(operations.map(({ verb }) => verb))],
    tables: [...new Set(operations.flatMap(({ tables }) => tables))],
    counts: Array.from({ length: runs }, () => 0),
    first: Array.from({ length: runs }, () => null),
  }
}

function writeTime(us: number): string {
  return new Date(us / 1000).toISOString()
}
