import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { effects } from '../effects/registry.ts'
import { compile } from './compile.ts'
import { globalNames } from './global-names.ts'
import { limits } from './limits.ts'
import { schema } from './schema.ts'
import { testLiveSchema } from './test-live-schema.ts'

const reference = readFileSync(new URL('../../LANGUAGE.md', import.meta.url), 'utf8')
const examples = Array.from(reference.matchAll(/```ts\n([^]*?)```/g), ([, source = '']) => source)

describe('the language reference', () => {
  it.each(examples)('has examples that compile: %s', source => {
    expect(compile(source, { live: testLiveSchema }).problems).toEqual([])
  })

  it('has examples that stand together in one file', () => {
    expect(examples.length).toBeGreaterThan(3)
    expect(compile(examples.join('\n'), { live: testLiveSchema }).problems).toEqual([])
  })

  it('names everything that there is', () => {
    const records = Object.values(schema.records).flatMap(({ fields, methods }) => [...fields, ...methods])
    const others = [schema.string, schema.list].flatMap(({ fields, methods }) => [...fields, ...methods])
    const names = [...records, ...others].map(({ name }) => name)
    const missing = [...new Set([...names, ...globalNames])].filter(name => !new RegExp(`\\b${name}\\b`).test(reference))
    expect(missing).toEqual([])
  })

  it('names every option of every effect', () => {
    const options = Object.values(effects).flatMap(effect =>
      effect.signature.parameters.flatMap(({ type, name }) => (type.type === 'object' ? type.properties.map(one => one.name) : [name])),
    )
    expect(options.filter(name => !reference.includes(`\`${name}\``) && !new RegExp(`\\b${name}\\b\\??[,) }]`).test(reference))).toEqual([])
  })

  it('says the limits as they are', () => {
    expect(reference).toContain(
      `${limits.sourceCharacters / 1024} KiB of source, ${limits.rules} rules, ${limits.tests} tests, 20 000 parts of expressions, ${limits.depth} levels`,
    )
    expect(reference).toContain(`${limits.quantifierDepth} quantifiers inside each other, ${limits.regexes} regular expressions`)
    expect(limits.nodes).toBe(20_000)
  })
})
