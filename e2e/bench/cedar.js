// The same rules for Cedar, the policy engine that others embed: each of ours
// becomes a `forbid` beside one `permit`, so what Cedar denies is what any of
// our rules matched, and the reasons it gives are their names.
//
// What Cedar cannot say (regular expressions, quantifiers, zones, a run's
// memory) it is told in the request, worked out before the clock starts.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { house } from '../tools/house.js'

const version = '4.13.0'
const setId = 'rules'

/** Cedar's WebAssembly build; null, with a word, when it is neither here nor to be had. */
export async function loadCedar() {
  const place = join(house, '.cache/bench')
  const file = join(place, 'node_modules/@cedar-policy/cedar-wasm/nodejs/cedar_wasm.js')
  if (!existsSync(file)) {
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, 'package.json'), '{ "private": true }\n')
    const ran = spawnSync(
      'npm',
      ['install', '--prefix', place, '--no-save', '--no-package-lock', '--no-audit', '--no-fund', `@cedar-policy/cedar-wasm@${version}`],
      { encoding: 'utf8' },
    )
    if (ran.status !== 0) {
      const reason = /^npm error (?!code |errno )(.*)/m.exec(ran.stderr ?? '')?.[1] ?? String(ran.error ?? ran.stderr)
      console.log(`Cedar ${version} could not be installed, so it is left out: ${reason}\n`)
      return null
    }
  }
  return await import(pathToFileURL(file).href)
}

/** The version that is compared with. */
export const cedarVersion = version

/**
 * A judge over the ruleset: gives the names of the rules that hold for a
 * prepared command, one request for each of its operations.
 */
export function createCedarJudge(cedar, ruleset) {
  const asked = new Map()
  const staticPolicies = { allow: 'permit(principal, action, resource);' }
  for (const rule of ruleset.rules) staticPolicies[rule.name] = policyOf(rule, asked)
  const parsed = cedar.preparsePolicySet(setId, { staticPolicies })
  if (parsed.type !== 'success') throw new Error(`Cedar does not read the rules: ${JSON.stringify(parsed.errors)}`)
  return {
    prepare: facts => facts.operations.map(operation => requestOf(operation, facts.circumstances, asked)),
    judge(requests) {
      let denied = null
      for (const request of requests) {
        const { type, response, errors } = cedar.statefulIsAuthorized(request)
        if (type !== 'success') throw new Error(`Cedar refused a request: ${JSON.stringify(errors)}`)
        if (response.diagnostics.errors.length > 0) throw new Error(`a rule erred in Cedar: ${JSON.stringify(response.diagnostics.errors)}`)
        if (response.decision === 'deny') denied = [...(denied ?? []), ...response.diagnostics.reason]
      }
      return denied ?? []
    },
  }
}

function policyOf({ on, when, unless }, asked) {
  const where = [
    ...(on.protocols ? [`${quoted(on.protocols)}.contains(context.target.protocol)`] : []),
    ...(on.targets ? [`${quoted(on.targets)}.contains(context.target.name)`] : []),
    ...Object.entries(on.labels ?? {}).map(
      ([label, values]) => `context.target.labels has ${label} && ${quoted(values)}.contains(context.target.labels.${label})`,
    ),
  ]
  const conditions = [...where, ...(when ? [said(when, asked)] : [])].map(condition => `(${condition})`)
  return `forbid(principal, action, resource)
    ${conditions.length > 0 ? `when { ${conditions.join(' && ')} }` : ''}
    ${unless ? `unless { ${said(unless, asked)} }` : ''};`
}

function said(expression, asked) {
  switch (expression.is) {
    case 'literal':
      return JSON.stringify(expression.value)
    case 'list':
      return quoted(expression.values)
    case 'field':
      return `context.${expression.path.join('.')}`
    case 'not':
      return `!(${said(expression.of, asked)})`
    case 'and':
    case 'or':
      return `(${expression.of.map(part => said(part, asked)).join(expression.is === 'and' ? ' && ' : ' || ')})`
    case 'compare': {
      const operator = { '===': '==', '!==': '!=' }[expression.operator] ?? expression.operator
      return `${said(expression.left, asked)} ${operator} ${said(expression.right, asked)}`
    }
    case 'call':
      if (expression.method === 'includesTable') return `context.tableNames.contains(${said(expression.arguments[0], asked)})`
      if (expression.method === 'includes') return `${said(expression.on, asked)}.contains(${said(expression.arguments[0], asked)})`
      return toldLater(expression, asked)
    default:
      return toldLater(expression, asked)
  }
}

function toldLater(expression, asked) {
  const key = JSON.stringify(expression)
  const known = asked.get(key)
  if (known) return `context.${known.name}`
  const name = `told${asked.size}`
  asked.set(key, { name, expression })
  return `context.${name}`
}

function quoted(values) {
  return `[${values.map(value => JSON.stringify(value)).join(', ')}]`
}

const nobody = { type: 'P', id: 'p' }
const noAction = { type: 'Action', id: 'a' }
const nowhere = { type: 'T', id: 't' }

function requestOf(operation, circumstances, asked) {
  const { principal, run, session, target, command } = circumstances
  const context = {
    verb: operation.verb,
    object: operation.object ?? '',
    tableNames: operation.tables.map(table => table.slice(table.lastIndexOf('.') + 1)),
    hasWhere: operation.hasWhere ?? (operation.verb !== 'UPDATE' && operation.verb !== 'DELETE'),
    hasLimit: operation.hasLimit ?? false,
    isNested: operation.inside !== undefined,
    inside: operation.inside ?? '',
    principal: { kind: principal.kind, groups: principal.groups },
    run: { attempt: run.attempt, task: run.task ?? '' },
    session: { commands: session.commands },
    target,
    transaction: command.transaction,
  }
  for (const { name, expression } of asked.values()) context[name] = told(expression, { operation, circumstances, item: null })
  return { principal: nobody, action: noAction, resource: nowhere, context, entities: [], preparsedPolicySetId: setId }
}

function told(expression, scene) {
  const { operation, circumstances, item } = scene
  switch (expression.is) {
    case 'literal':
      return expression.value
    case 'item':
      return item
    case 'field':
      return read(expression.path, operation, circumstances)
    case 'or':
      return expression.of.some(part => told(part, scene))
    case 'matches':
      return new RegExp(expression.pattern, expression.flags).test(told(expression.text, scene))
    case 'some':
      return told(expression.list, scene).some(element => told(expression.holds, { ...scene, item: element }))
    case 'memory':
      return circumstances.memory.sum(expression.counter, expression.verb, expression.windowMs)
    case 'call': {
      const [argument] = expression.arguments.map(one => told(one, scene))
      const at = new Date(circumstances.nowUs / 1000)
      if (expression.method === 'startsWith') return told(expression.on, scene).startsWith(argument)
      if (expression.method === 'includes') return told(expression.on, scene).includes(argument)
      if (expression.method === 'name') return told(expression.on, scene).split('.').at(-1)
      if (expression.method === 'groups') return told(expression.on, scene).groups
      if (expression.method === 'hour') return Number(clock(argument, { hour: 'numeric', hourCycle: 'h23' }).format(at))
      if (expression.method === 'weekday') return clock(argument, { weekday: 'short' }).format(at).toLowerCase()
    }
  }
  throw new Error(`the bench cannot tell Cedar of ${JSON.stringify(expression)}`)
}

function read([first, second], operation, circumstances) {
  if (first === 'text') return circumstances.command.text
  if (first === 'functions') return operation.functions ?? []
  if (first === 'delegation') return circumstances.delegation
  if (first === 'session' && second === 'application') return circumstances.session.application ?? ''
  throw new Error(`the bench cannot tell Cedar of the field ${first}`)
}

const clocks = new Map()

function clock(timeZone, parts) {
  const key = JSON.stringify([timeZone, parts])
  const known = clocks.get(key) ?? new Intl.DateTimeFormat('en-US', { timeZone, ...parts })
  clocks.set(key, known)
  return known
}
