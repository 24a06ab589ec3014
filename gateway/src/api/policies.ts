import { Hono } from 'hono'
import { z } from 'zod'
import { describeRoute, validator } from 'hono-openapi'
import { createAnalyst, generateTypes } from '@steno/policy-dsl'
import type { BrokenPolicyFile, PublishedPolicy } from '../policies/index.ts'
import { actorOf, allow, type ApiEnv, type Caller } from './caller.ts'
import type { ApiDeps } from './deps.ts'
import { json, problems } from './describe.ts'
import { filterQuery, toFilter } from './filter.ts'
import { analysisStepsMax } from './policy-analysis.ts'
import { policyActivityOf } from './policy-activity.ts'
import { Problem, refuseInvalid } from './problem.ts'
import { proposalsApi, viewOfProposal } from './proposals.ts'
import { rehearseApi } from './rehearse.ts'
import {
  policy,
  policyActivity,
  policyCompiled,
  policyCompileRequest,
  policyDetail,
  policyList,
  policyLiveSchema,
  policyProposal,
  policyRemoveRequest,
  policyRequest,
  policyVersion,
} from './schemas.ts'

const againstQuery = z.strictObject({ against: z.string().max(100).optional().meta({ description: 'another version of it' }) })

const activityQuery = filterQuery.pick({ since: true }).extend({ since: filterQuery.shape.since.default('7d') })

/** Policies: what is in force, every version there ever was, and drafts that are tried. */
export function policiesApi(deps: ApiDeps) {
  const { policies, proposals, policyFiles, liveSchema } = deps
  const tags = ['policies']
  const analyst = createAnalyst({ stepsMax: analysisStepsMax })

  /** With files, what is in force is what lies there: a change here would be undone at the next look. */
  function mustBeOurs(name: string): void {
    if (policyFiles)
      throw new Problem(
        409,
        `policies come from files in ${policyFiles.directory}: change ${policyFiles.fileOf(name)} there, it is taken up at once`,
      )
  }

  function mustBeVersion(name: string, version: string): PublishedPolicy {
    const published = policies.version(name, version)
    if (!published) throw new Problem(404, `no version \`${version}\` of a policy \`${name}\``)
    return published
  }

  /** What says what is in force already changes nothing, so nobody has to agree. */
  function needsAnother(name: string, source: string): boolean {
    return proposals.reviewers.length > 0 && policies.get(name)?.source !== source
  }

  async function propose(request: Parameters<typeof proposals.propose>[0], caller: Caller) {
    return viewOfProposal(await proposals.propose(request), { caller, proposals })
  }

  function listed(published: PublishedPolicy) {
    const file = policyFiles?.fileOf(published.name) ?? null
    const broken = policyFiles?.broken.find(({ name }) => name === published.name)
    return {
      ...versionOf(published),
      managed: policyFiles ? ('files' as const) : ('api' as const),
      file,
      problem: broken ? broken.messages.join('\n') : null,
    }
  }

  return new Hono<ApiEnv>()
    .get(
      '/',
      describeRoute({
        tags,
        summary: 'All policies in force',
        description: 'Several are in force together; the strictest verdict wins.',
        responses: { 200: json('the policies', policyList), ...problems(401, 403) },
      }),
      allow('read policies'),
      c => {
        const files = policyFiles && { directory: policyFiles.directory, broken: policyFiles.broken.map(writeBroken) }
        return c.json({ items: policies.list().map(listed), files, reviewers: [...proposals.reviewers] })
      },
    )
    .get(
      '/types',
      describeRoute({
        tags,
        summary: 'The types that policies are written against',
        description: 'TypeScript declarations made from what the gateway knows now: targets, tables, columns, groups, agents.',
        responses: {
          200: { description: 'a `.d.ts` file', content: { 'text/plain': { schema: { type: 'string' } } } },
          ...problems(401, 403),
        },
      }),
      allow('read policies'),
      c => c.text(generateTypes(liveSchema()), 200, { 'content-type': 'text/plain; charset=UTF-8' }),
    )
    .get(
      '/schema',
      describeRoute({
        tags,
        summary: 'The names that policies may use',
        description: 'What `types` are made from, and what `steno policy check --schema` takes.',
        responses: { 200: json('the live schema', policyLiveSchema), ...problems(401, 403) },
      }),
      allow('read policies'),
      c => c.json(liveSchema()),
    )
    .post(
      '/compile',
      describeRoute({
        tags,
        summary: 'Says what is to be said of a draft',
        description: 'Nothing is published. With `name`, differences to the version of that policy that is in force are told too.',
        responses: { 200: json('what the compiler, its tests and the analysis say', policyCompiled), ...problems(400, 401, 403, 413) },
      }),
      allow('publish policies'),
      validator('json', policyCompileRequest, refuseInvalid),
      c => {
        const { source, name } = c.req.valid('json')
        const { ruleset, problems: found, tests } = policies.check(source)
        const before = name === undefined ? null : policies.get(name)
        const said: z.infer<typeof policyCompiled> = {
          hash: ruleset?.hash ?? null,
          rules: ruleset ? ruleset.rules.map(summaryOf) : [],
          problems: found,
          tests,
          findings: ruleset ? analyst.analyze(ruleset) : [],
          differences: ruleset && before ? analyst.compare(before.ruleset, ruleset) : null,
          comparedTo: before?.version ?? null,
        }
        return c.json(said)
      },
    )
    .route('/rehearse', rehearseApi(deps))
    .route('/proposals', proposalsApi(deps))
    .get(
      '/activity',
      describeRoute({
        tags,
        summary: 'How often the rules in force spoke',
        description:
          'Counted in search: commands that a rule of each policy decided or matched since then. A rule whose name stands in several policies counts for each of them, unless it decided.',
        responses: { 200: json('by policy and rule', policyActivity), ...problems(400, 401, 403, 503) },
      }),
      allow('read policies'),
      validator('query', activityQuery, refuseInvalid),
      async c => {
        const { sinceUs = 0 } = toFilter(c.req.valid('query'), deps.machine.clock)
        const hits = await deps.search.ruleHits({ sinceUs })
        return c.json({ since: new Date(sinceUs / 1000).toISOString(), items: policyActivityOf(policies.list(), hits) })
      },
    )
    .get(
      '/:name',
      describeRoute({
        tags,
        summary: 'One policy as it is in force',
        responses: { 200: json('the policy', policyDetail), ...problems(401, 403, 404) },
      }),
      allow('read policies'),
      c => {
        const published = policies.get(c.req.param('name'))
        if (!published) throw new Problem(404, `no policy \`${c.req.param('name')}\` is in force`)
        return c.json({
          ...listed(published),
          source: published.source,
          ...contentOf(published),
          versions: policies.history(published.name).map(versionOf),
        })
      },
    )
    .get(
      '/:name/versions/:version',
      describeRoute({
        tags,
        summary: 'One version of a policy, in force or not',
        responses: { 200: json('the version', policyVersion), ...problems(400, 401, 403, 404) },
      }),
      allow('read policies'),
      validator('query', againstQuery, refuseInvalid),
      c => {
        const { name, version } = c.req.param()
        const { against } = c.req.valid('query')
        const published = mustBeVersion(name, version)
        const before = against === undefined ? null : mustBeVersion(name, against)
        const differences = before && analyst.compare(before.ruleset, published.ruleset)
        return c.json({
          ...versionOf(published),
          source: published.source,
          ...contentOf(published),
          ...(differences && { differences }),
        })
      },
    )
    .put(
      '/:name',
      describeRoute({
        tags,
        summary: 'Publishes a policy',
        description:
          'From here on the next command of every session is judged by it. Its own tests must pass. `expectedVersion` keeps one author from undoing what another just published; null says that no such policy may be there. Where policies have reviewers, it becomes a proposal that another person must agree to.',
        responses: {
          200: json('the source is in force already', policy),
          201: json('the new version', policy),
          202: json('a proposal, which is not in force', policyProposal),
          ...problems(400, 401, 403, 409, 413, 422, 503),
        },
      }),
      allow('publish policies'),
      validator('json', policyRequest, refuseInvalid),
      async c => {
        const name = c.req.param('name')
        mustBeOurs(name)
        const { source, reason = null, expectedVersion, rehearsed } = c.req.valid('json')
        const request = { name, source, by: actorOf(c.get('caller')), reason, expectedVersion, rehearsed }
        if (needsAnother(name, source)) return c.json(await propose(request, c.get('caller')), 202)
        const { policy: published, isNew } = await policies.publish(request)
        return c.json(listed(published), isNew ? 201 : 200)
      },
    )
    .delete(
      '/:name',
      describeRoute({
        tags,
        summary: 'Takes a policy out of force',
        description: 'Its versions stay readable. Where policies have reviewers, it becomes a proposal that another person must agree to.',
        responses: {
          202: json('a proposal, which is not in force', policyProposal),
          204: { description: 'it is no longer in force' },
          ...problems(400, 401, 403, 404, 409, 503),
        },
      }),
      allow('publish policies'),
      validator('query', policyRemoveRequest, refuseInvalid),
      async c => {
        const name = c.req.param('name')
        mustBeOurs(name)
        const { reason = null, expectedVersion } = c.req.valid('query')
        const request = { name, by: actorOf(c.get('caller')), reason, expectedVersion }
        if (proposals.reviewers.length > 0) return c.json(await propose({ ...request, source: null }, c.get('caller')), 202)
        await policies.remove(request)
        return c.body(null, 204)
      },
    )
}

function versionOf({ name, version, publishedAtUs, by, reason, ruleset, rehearsed, agreed }: PublishedPolicy) {
  return {
    name,
    version,
    publishedAt: new Date(publishedAtUs / 1000).toISOString(),
    by,
    reason,
    counts: {
      rules: ruleset.rules.length,
      observed: ruleset.rules.filter(({ mode }) => mode === 'observe').length,
      tests: ruleset.tests.length,
    },
    rehearsed,
    agreed,
  }
}

function contentOf({ ruleset }: PublishedPolicy) {
  return {
    hash: ruleset.hash,
    rules: ruleset.rules.map(summaryOf),
    tests: ruleset.tests.map(({ name, line, verdict }) => ({ name, line, verdict })),
  }
}

function summaryOf({ name, line, mode, effects }: PublishedPolicy['ruleset']['rules'][number]) {
  return { name, line, mode, effects: effects.map(({ effect }) => effect) }
}

function writeBroken({ file, name, messages, problems: found, tests }: BrokenPolicyFile) {
  return { file, name, messages, problems: found, tests }
}
