import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser, type TestBrowser } from '../support/browser.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'
import { house, run, until } from '../support/machine.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { openTypeChecker, type TypeChecker } from '../support/type-checker.ts'

/** What the language's own tests are written for, as the build has it. */
interface Language {
  types: string
  samplePolicy: string
  verbs: string[]
  plantedMistakes: { what: string; source: string; typescript: number[] }[]
}

describe.each(['typescript-5', 'typescript-6'] as const)('the types of the language in %s', tool => {
  let language: Language
  let checker: TypeChecker

  beforeAll(async () => {
    language = await readLanguage()
    checker = await openTypeChecker(tool, language.types)
  })

  it('are read by the version that is meant', () => {
    expect(checker.version).toBe(tool === 'typescript-5' ? '5.9.3' : '6.0.3')
  })

  it('are right by themselves, without a library', () => {
    expect(checker.checkTypes()).toEqual([])
  })

  it('leave a policy that uses the whole language in peace', () => {
    expect(checker.check(language.samplePolicy)).toEqual([])
  })

  it('leave the example of the README in peace', () => {
    const [, example = ''] = /```ts\n(.*?)```/s.exec(readFileSync(join(house, 'README.md'), 'utf8')) ?? []
    expect(example).toContain('rule(')
    expect(checker.check(example)).toEqual([])
  })

  it('find each planted mistake once, on its line, and nothing else', () => {
    const found = checker.check(language.plantedMistakes.map(({ source }) => source).join('\n'))
    const expected = language.plantedMistakes.map(({ what, typescript }, i) => ({ line: i + 1, what, code: typescript }))
    expect(expected.length).toBeGreaterThan(12)
    expect(found.map(({ line }) => line)).toEqual(expected.map(({ line }) => line))
    expect(expected.filter(({ code }, i) => !code.includes(found[i]!.code)).map(one => ({ ...one, found: found[one.line - 1] }))).toEqual(
      [],
    )
  })

  it('offer every verb, and nothing else, where a verb is compared', () => {
    const offered = checker.complete("rule('r', { on: postgres(), when: op => op.verb === '|', effect: forbid('no') })")
    expect(offered.toSorted()).toEqual(language.verbs.toSorted())
  })

  it('offer what a target has, and say what a misspelt column may have meant', () => {
    expect(checker.complete("rule('r', { on: shop, effect: mask({ columns: [shop.customers.|], with: 'redact' }) })")).toEqual(
      expect.arrayContaining(['id', 'email', 'ssn']),
    )
    const [complaint] = checker.check("rule('r', { on: shop, effect: mask({ columns: [shop.customers.emial], with: 'redact' }) })")
    expect(complaint?.message).toContain("Did you mean 'email'?")
  })
})

describe('the types that a gateway gives', () => {
  let postgres: Postgres
  let gateway: Gateway

  beforeAll(async () => {
    postgres = await startPostgres()
    await postgres.sql(`
      create table "order items" (id bigint, "e-mail" text, "it's" text);
      create schema billing;
      create table billing.invoices (reference text);
    `)
    gateway = await startGateway(postgres)
  })

  afterAll(async () => {
    await gateway?.stop()
    await postgres?.stop()
  })

  describe.each(['typescript-5', 'typescript-6'] as const)('in %s', tool => {
    let checker: TypeChecker

    beforeAll(async () => {
      await until('the target to be described', async () => {
        const { body } = await gateway.call('GET', '/api/policies/schema')
        return body.targets.every(({ schemas }: { schemas: unknown }) => schemas !== null)
      })
      const { status, body: types } = await gateway.call('GET', '/api/policies/types')
      expect(status).toBe(200)
      checker = await openTypeChecker(tool, types)
    })

    it('name the columns of its targets, whatever they are called', () => {
      expect(checker.checkTypes()).toEqual([])
      const policy = (columns: string) => `rule('r', { on: shop, effect: mask({ columns: [${columns}], with: 'redact' }) })`
      const all = `shop['order items']['e-mail'], shop['order items']["it's"], shop.billing.invoices.reference`
      expect(checker.check(policy(all))).toEqual([])
      expect(checker.check(policy('shop.billing.invoices.referense'))).toMatchObject([{ line: 1, code: 2551 }])
      expect(checker.complete(policy('shop.billing.|'))).toContain('invoices')
    })

    it('can be talked round, and the gateway not', async () => {
      const source = "rule('r', { on: shop, when: op => (op as any).nothing, effect: forbid('no') })"
      expect(checker.check(source)).toEqual([])
      const { status, body } = await gateway.call('POST', '/api/policies/compile', { source })
      expect(status).toBe(200)
      expect(body.hash).toBeNull()
      expect(body.problems).toMatchObject([{ severity: 'error', line: 1 }])
    })
  })
})

describe('the verdict vectors in Chromium', () => {
  let browser: TestBrowser

  beforeAll(async () => {
    browser = await startBrowser()
  })

  afterAll(async () => {
    await browser?.close()
  })

  it('come out as everywhere, from a bundle as a browser gets it', async () => {
    const script = await bundled(`
      import { expectedVectors, verdictVectors } from ${JSON.stringify(join(house, 'policy-dsl/dist/evaluate/verdict-vectors.js'))}
      globalThis.vectorsWith = async wasm => {
        const loadWasm = async () => Uint8Array.from(atob(wasm), character => character.charCodeAt(0))
        return { expected: expectedVectors, got: await verdictVectors({ loadWasm }) }
      }
    `)
    const wasm = readFileSync(join(house, 'node_modules/libpg-query/wasm/libpg-query.wasm'), 'base64')
    const desk = await browser.desk()
    await desk.page.addScriptTag({ content: script, type: 'module' })
    const { expected, got } = await desk.page.evaluate((bytes: string) => (globalThis as any).vectorsWith(bytes), wasm)
    expect(Object.keys(expected)).toEqual(['judgements', 'statements'])
    expect(got).toEqual(expected)
    expect(desk.problems).toEqual([])
    await desk.close()
  })
})

/** A module and all that it imports, as one script for a browser. */
async function bundled(entry: string): Promise<string> {
  const name = 'virtual:entry'
  const built = await build({
    root: house,
    configFile: false,
    logLevel: 'error',
    plugins: [{ name, resolveId: id => (id === name ? id : null), load: id => (id === name ? entry : null) }],
    build: { write: false, target: 'es2022', minify: false, rolldownOptions: { input: name } },
  })
  const chunks = ([built].flat() as { output: { type: string; code: string }[] }[]).flatMap(({ output }) => output)
  expect(chunks.map(({ type }) => type)).toEqual(['chunk'])
  return chunks[0]!.code
}

/** Asks the build for what the language's tests are written for. */
async function readLanguage(): Promise<Language> {
  const built = (file: string) => JSON.stringify(pathToFileURL(join(house, 'policy-dsl/dist', file)).href)
  const script = `
    const { generateTypes } = await import(${built('language/generate-types.js')})
    const { testLiveSchema } = await import(${built('language/test-live-schema.js')})
    const { samplePolicy } = await import(${built('language/sample-policy.js')})
    const { plantedMistakes } = await import(${built('language/planted-mistakes.js')})
    const { postgresLanguage } = await import(${built('operations/postgres/language.js')})
    process.stdout.write(JSON.stringify({ types: generateTypes(testLiveSchema), samplePolicy, verbs: postgresLanguage.verbs, plantedMistakes }))
  `
  const { code, stdout, stderr } = await run('node', ['--input-type=module', '-e', script])
  if (code !== 0) throw new Error(`the built language cannot be read: ${stderr}`)
  return JSON.parse(stdout)
}
