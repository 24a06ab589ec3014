import { generateTypes } from '@steno/policy-dsl'
import fc from 'fast-check'
import { typescript } from 'monaco-editor/languages/features/typescript/lib/typescriptServices'
import { describe, expect, it } from 'vitest'
import { createTypeCheck, type TypeScriptService } from './create-type-check.ts'
import { scriptSnapshot } from './script-snapshot.ts'
import { testWorld } from './test-world.ts'
import type { TypeProblem } from './type-messages.ts'

const fileName = 'file:///a.policy.ts'
const expressionStatement = typescript.SyntaxKind.ExpressionStatement
let declarations = { text: generateTypes(testWorld), version: 1 }

const policy = `const blocked = ['DROP', 'TRUNCATE']
rule('nothing is dropped', { on: postgres(), when: op => blocked.includes(op.verb), effect: forbid('it stays') })
rule('payments are kept', { on: postgres(), when: op => op.verb === 'DELETE' && op.tables.includes('customers'), effect: forbid('kept') })
const night = 22
rule('nights are quiet', { on: any(), when: op => op.time.hour('UTC') > night, effect: alert('at night') })
test('a select is fine', postgres\`select 1\`, 'allow')
`

const must = 'declare function must(value: unknown): asserts value is string'

/** TypeScript with a text that can be changed. */
function createText(first: string): { service: TypeScriptService; set(text: string): void } {
  let text = first
  let version = 1
  const service = typescript.createLanguageService({
    getCompilationSettings: () => ({ noLib: true, strict: true, target: 99, allowNonTsExtensions: true, moduleDetection: 2 }),
    getScriptFileNames: () => [fileName, 'file:///steno.d.ts'],
    getScriptVersion: name => String(name === fileName ? version : declarations.version),
    getScriptSnapshot: name => scriptSnapshot(name === fileName ? text : declarations.text),
    getCurrentDirectory: () => '',
    getDefaultLibFileName: () => 'lib.d.ts',
    readFile: () => undefined,
    fileExists: () => false,
  })
  return {
    service,
    set(is) {
      text = is
      version++
    },
  }
}

/** A text that is checked as it changes. */
function createAuthor() {
  const text = createText('')
  /** The statements that were looked at; null for all. */
  let looked: string[] | null = []
  const service: TypeScriptService = {
    getProgram() {
      const program = text.service.getProgram()
      if (!program) return program
      return {
        getSourceFile: name => program.getSourceFile(name),
        getSyntacticDiagnostics: file => program.getSyntacticDiagnostics(file),
        getSemanticDiagnostics(file, cancellation, nodes) {
          looked = nodes ? nodes.map(({ pos, end }) => file.text.slice(pos, end).trim()) : null
          return program.getSemanticDiagnostics(file, cancellation, nodes)
        },
      }
    },
  }
  const check = createTypeCheck({ service, expressionStatement, world: () => String(declarations.version) })
  return {
    write(is: string): { problems: string[]; looked: string[] | null } {
      text.set(is)
      looked = []
      const problems = check(fileName)
      return { problems: problems.map(problem => said(is, problem)), looked }
    },
  }
}

/** All that TypeScript says of a text that it sees for the first time. */
function createReference(): (text: string) => string[] {
  const text = createText('')
  return is => {
    text.set(is)
    const check = createTypeCheck({ service: text.service, expressionStatement, world: () => '' })
    return check(fileName).map(problem => said(is, problem))
  }
}

function said(text: string, { code, start, length, message }: TypeProblem): string {
  return `${start} ${code} ${JSON.stringify(text.slice(start, start + length))} ${JSON.stringify(message)}`
}

describe('types that are checked as a text is typed', () => {
  it('looks at a rule alone while that is changed, and says the same of the others', () => {
    const author = createAuthor()
    const wrong = policy.replace('night,', 'nihgt,')
    expect(author.write(wrong)).toEqual({ looked: null, problems: [expect.stringContaining('2552 "nihgt"')] })
    const both = wrong.replace('op.verb ===', 'op.vreb ===')
    const after = author.write(both)
    expect(after.looked).toEqual([expect.stringMatching(/^rule\('payments are kept'.*\)$/)])
    expect(after.problems).toEqual(createReference()(both))
    expect(author.write(wrong)).toEqual({
      looked: [expect.stringMatching(/^rule\('payments are kept'/)],
      problems: [expect.stringContaining('2552 "nihgt"')],
    })
  })

  it('looks at nothing when a rule is taken out, or nothing changed', () => {
    const author = createAuthor()
    author.write(policy)
    expect(author.write(policy.replace(/rule\('payments.*\n/, ''))).toEqual({ looked: [], problems: [] })
    expect(author.write(policy.replace(/rule\('payments.*\n/, ''))).toEqual({ looked: [], problems: [] })
  })

  it('looks at everything when a name means something else', () => {
    const author = createAuthor()
    author.write(policy)
    const renamed = policy.replace('const night', 'const nights')
    expect(author.write(renamed)).toEqual({ looked: null, problems: createReference()(renamed) })
  })

  it('looks at everything when the world is another', () => {
    const author = createAuthor()
    author.write(policy)
    const was = declarations
    declarations = { text: generateTypes({ ...testWorld, targets: [] }), version: 2 }
    const { looked } = author.write(`${policy} `)
    declarations = was
    expect(looked).toBeNull()
  })

  it('remembers what it said of a text that is whole while its syntax is broken', () => {
    const author = createAuthor()
    author.write(policy)
    const broken = policy.replace('op.verb ===', 'op. ===')
    expect(author.write(broken)).toEqual({ looked: null, problems: createReference()(broken) })
    expect(author.write(broken.replace('op. ===', 'op.. ===')).looked).toHaveLength(3)
    expect(author.write(policy.replace('op.verb ===', 'op.text ===')).looked).toHaveLength(1)
  })

  it.each([
    ['a variable', 'let later: string | number = 1', "later = 'a'", 'later = 2', 'later.includes'],
    ['a part of it', 'const later: { is: string | number } = { is: 1 }', "later.is = 'a'", 'later.is = 2', 'later.is.includes'],
    ['a variable, before it is read', 'let later: string', "later = 'a'", "'a'", 'later.includes'],
    ['a list, what it holds', 'const later = []', "later.push('a')", 'later.push(1)', 'later[0].includes'],
    ['a list, what it holds at the end', 'const later = []', "later.unshift('a')", 'later.unshift(1)', 'later[0].includes'],
    ['an optional part', 'const later: { is?: string } = { is: "a" }', "later.is = 'a'", 'delete later.is', 'later.is.includes'],
    ['what it makes sure of', `declare const later: string | number\n${must}`, "'a'", 'must(later)', 'later.includes'],
  ])('sees what a statement gives to those behind it: %s', (_, declared, given, instead, read) => {
    const author = createAuthor()
    const reference = createReference()
    const text = (statement: string) => [declared, statement, read, ''].join('\n')
    expect(author.write(text(given)).problems).toEqual(reference(text(given)))
    expect(author.write(text(instead)).problems).toEqual(reference(text(instead)))
    expect(author.write(text(given)).problems).toEqual(reference(text(given)))
  })

  it('says what it would say of the whole text, whatever is typed', () => {
    const reference = createReference()
    fc.assert(
      fc.property(fc.array(edits, { minLength: 4, maxLength: 12 }), changes => {
        const author = createAuthor()
        let text = policy
        expect(author.write(text).problems).toEqual(reference(text))
        for (const { at, remove, insert } of changes) {
          const from = Math.floor(at * text.length)
          text = text.slice(0, from) + insert + text.slice(from + remove)
          expect(author.write(text).problems.toSorted(), text).toEqual(reference(text).toSorted())
        }
      }),
      { numRuns: 20 },
    )
  })
})

/** What somebody types, or pastes, or takes out. */
const edits = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat({ max: 8 }), fc.nat({ max: 120 })),
  insert: fc.oneof(
    fc.constantFrom('', 'x', ' ', '\n', ';', "'", '`', '(', ')', '{', '}', '[', ']', '.', ',', '=', '=>', '+', '/*', '*/', '//', '1'),
    fc.constantFrom('op.', 'op.verb', 'blocked', 'night', 'op => ', "'DROP'", 'on: ', 'when: ', 'forbid(', 'await ', 'as any'),
    fc
      .constantFrom(
        "rule('again', { on: any(), when: op => op.verb === 'DROP', effect: alert('seen') })",
        'let later = 1',
        "later = 'a'",
        'later++',
        'const found = []',
        'found.push(1)',
        "found.push('a')",
        'const first = found[0]',
        'const a = () => b',
        'const b = a()',
        'declare function stop(): never',
        'declare function must(value: unknown): asserts value',
        'stop()',
        "must(typeof later === 'string')",
        'var night = 1',
        'function blocked() {}',
        'if (night) {',
        'throw night',
        'export {}',
        'import.meta',
        '// @ts-ignore',
        '// @ts-expect-error',
        '// @ts-nocheck',
        'night.nothing',
        'blocked.length',
        '"use strict"',
      )
      .map(line => `\n${line}\n`),
  ),
})
