import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Expression, Rule } from '../ruleset.ts'
import { analyze } from './analyze.ts'
import { compareRulesets } from './compare.ts'
import { someRule } from './test-random-rules.ts'
import { ruleset } from './test-rules.ts'

/** All commands there are in a small world. Each open field has a value for every way in which the atoms below can come out. */
interface Command {
  verb: string
  hasWhere: boolean
  'principal.kind': string
  'principal.name': string
  'principal.groups': string[]
  'target.labels.env': string
  statement: number
  tables: string[]
}

const values: { [Field in keyof Command]: Command[Field][] } = {
  verb: ['DELETE', 'DROP', 'SELECT'],
  hasWhere: [true, false],
  'principal.kind': ['human', 'service', 'agent'],
  'principal.name': ['app-prod', 'app--prod', 'app-x', 'x-prod', 'x'],
  'principal.groups': [[], ['dba']],
  'target.labels.env': ['prod', 'staging', 'dev'],
  statement: [0, 1, 2],
  tables: [[], ['public.orders'], ['other.orders']],
}

const world: Command[] = Object.entries(values).reduce<Partial<Command>[]>(
  (some, [name, each]) => some.flatMap(one => each.map(value => ({ ...one, [name]: value }))),
  [{}],
) as Command[]

const someRules = fc.tuple(someRule('a'), someRule('b'), someRule('c'))

/** A naive evaluator, which shares nothing with what is tested. */
function holds(expression: Expression, command: Command): boolean {
  switch (expression.is) {
    case 'field':
      return command[expression.path.join('.') as 'hasWhere']
    case 'not':
      return !holds(expression.of, command)
    case 'and':
      return expression.of.every(part => holds(part, command))
    case 'or':
      return expression.of.some(part => holds(part, command))
    case 'choose':
      return holds(expression.when, command) ? holds(expression.yes, command) : holds(expression.no, command)
    case 'matches':
      return new RegExp(expression.pattern).test(command['principal.name'])
    case 'compare': {
      const left = valueOf(expression.left, command) as number
      const right = expression.right.is === 'literal' ? (expression.right.value as number) : Number.NaN
      return {
        '===': left === right,
        '!==': left !== right,
        '<': left < right,
        '>': left > right,
        '<=': left <= right,
        '>=': left >= right,
      }[expression.operator]
    }
    case 'call': {
      const value = valueOf(expression.on, command)
      const argument = expression.arguments[0]?.is === 'literal' ? String(expression.arguments[0].value) : ''
      if (expression.method === 'includesTable')
        return (value as string[]).some(table => table === argument || table.split('.')[1] === argument)
      return (value as string)[expression.method as 'startsWith'](argument)
    }
    default:
      throw new Error(`expected an expression of this world, got \`${expression.is}\``)
  }
}

function valueOf(expression: Expression, command: Command): unknown {
  return expression.is === 'field' ? command[expression.path.join('.') as keyof Command] : undefined
}

function isMatched({ on, when, unless }: Rule, command: Command): boolean {
  if (on.labels?.['env']?.includes(command['target.labels.env']) === false) return false
  return (when === undefined || holds(when, command)) && !(unless !== undefined && holds(unless, command))
}

const usedBy = ({ effects }: Rule) => JSON.stringify(effects[0])
const isDenial = ({ effects }: Rule) => effects[0]?.effect === 'forbid'
const isAlert = ({ effects }: Rule) => effects[0]?.effect === 'alert'
const isHold = ({ effects }: Rule) => effects[0]?.effect === 'requireApproval'

function isAmong(rules: Rule[], command: Command): boolean {
  return rules.some(one => isMatched(one, command))
}

/** The commands that a witness describes: fields that it leaves out may be anything, values that the world lacks stand for their like. */
function described(witness: Record<string, string>): Command[] {
  const names = world.filter(command =>
    Object.entries(witness).every(([name, text]) => inWorld(name, text) === textOf(command[name as keyof Command])),
  )
  expect(names.length, `a command like ${JSON.stringify(witness)}`).toBeGreaterThan(0)
  return names
}

function textOf(value: Command[keyof Command]): string {
  return Array.isArray(value) ? JSON.stringify(value) : String(value)
}

function inWorld(name: string, text: string): string {
  if (values[name as keyof Command].some(value => textOf(value) === text)) return text
  if (name === 'statement' && Number(text) > 2) return '2'
  if (name === 'principal.name')
    return text.startsWith('app-') ? (text.endsWith('-prod') ? 'app--prod' : 'app-x') : text.endsWith('-prod') ? 'x-prod' : 'x'
  if (name === 'tables' && text === '["other.orders","public.orders"]') return '["public.orders"]'
  return { verb: 'SELECT', 'target.labels.env': 'dev' }[name] ?? text
}

describe('analysis agrees with trying every command', () => {
  it('on rules that never or always match', () => {
    fc.assert(
      fc.property(someRule('a'), one => {
        const kinds = analyze(ruleset(one)).map(({ kind }) => kind)
        const looksAt = world.filter(command =>
          isMatched({ name: 'a', line: 1, at: [0, 0], on: one.on, effects: [], mode: 'enforce' }, command),
        )
        const matched = looksAt.filter(command => isMatched(one, command))
        expect(kinds.includes('never-matches')).toBe(matched.length === 0)
        const hasCondition = one.when !== undefined || one.unless !== undefined
        expect(kinds.includes('always-matches')).toBe(hasCondition && matched.length === looksAt.length)
      }),
      { numRuns: 150 },
    )
  })

  it('on rules that others shadow, and on those that say the same', () => {
    fc.assert(
      fc.property(someRules, rules => {
        const findings = analyze(ruleset(...rules))
        const alive = rules.filter(one => world.some(command => isMatched(one, command)))
        for (const one of alive) {
          const others = alive.filter(other => other !== one)
          const same = others.filter(
            other => usedBy(other) === usedBy(one) && world.every(command => isMatched(one, command) === isMatched(other, command)),
          )
          const of = (kind: string) => findings.find(finding => finding.kind === kind && finding.rule === one.name)
          expect(of('duplicate')?.others ?? []).toEqual(same.map(({ name }) => name))
          const stronger = others.filter(
            other => !same.includes(other) && (usedBy(other) === usedBy(one) || (isDenial(other) && !isAlert(one))),
          )
          const isShadowed = world.every(command => !isMatched(one, command) || isAmong(stronger, command))
          expect(of('shadowed') !== undefined).toBe(isShadowed)
          const named = others.filter(({ name }) => of('shadowed')?.others?.includes(name))
          if (isShadowed) expect(world.every(command => !isMatched(one, command) || isAmong(named, command))).toBe(true)
        }
      }),
      { numRuns: 80 },
    )
  })

  it('on conflicts, whose witness meets both rules', () => {
    fc.assert(
      fc.property(someRules, rules => {
        for (const { kind, rule: name, others, witness } of analyze(ruleset(...rules))) {
          if (kind !== 'conflict') continue
          const [held, denied] = [rules.find(one => one.name === name), rules.filter(one => others?.includes(one.name))]
          const commands = described(witness ?? {})
          expect(commands.every(command => held !== undefined && isMatched(held, command) && isAmong(denied, command))).toBe(true)
        }
      }),
      { numRuns: 80 },
    )
  })

  it('on what two versions do differently, with witnesses that show it', () => {
    fc.assert(
      fc.property(someRules, someRules, (before, after) => {
        const differences = compareRulesets(ruleset(...before), ruleset(...after))
        for (const [kind, had, has] of [
          ['no-longer', before, after],
          ['newly', after, before],
        ] as const) {
          const denials = { had: had.filter(isDenial), has: has.filter(isDenial) }
          for (const one of had) {
            const sameIn = has.filter(other => usedBy(other) === usedBy(one))
            const isLost = (command: Command): boolean => {
              if (!isMatched(one, command)) return false
              if (isDenial(one)) return !isAmong(denials.has, command)
              if (isAlert(one)) return !isAmong(sameIn, command)
              return !isAmong(denials.had, command) && !isAmong(denials.has, command) && !isAmong(sameIn, command)
            }
            const said = differences.filter(difference => difference.kind === kind && difference.rule === one.name)
            expect(said.length > 0).toBe(world.some(isLost))
            for (const { witness, isWitnessExact, of } of said) {
              const commands = described(witness ?? {})
              expect(isWitnessExact).toBe(true)
              expect(commands.every(isLost)).toBe(true)
              if (of === 'hold') expect(commands.some(command => isAmong(has.filter(isHold), command))).toBe(false)
            }
          }
        }
      }),
      { numRuns: 60 },
    )
  })
})
