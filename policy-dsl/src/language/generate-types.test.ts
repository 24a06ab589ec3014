import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { emptyLiveSchema, type LiveSchema } from '../live-schema.ts'
import { generateTypes } from './generate-types.ts'
import { plantedMistakes } from './planted-mistakes.ts'
import { samplePolicy } from './sample-policy.ts'
import { testLiveSchema } from './test-live-schema.ts'

/** The type checker is a Node program. */
const isNode = process.versions['bun'] === undefined && process.versions['deno'] === undefined

/** What TypeScript says of a policy: `line: code`, with the message behind it. */
function diagnosticsOf(source: string, live: LiveSchema): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'policy-types-'))
  try {
    writeFileSync(join(directory, 'steno.d.ts'), generateTypes(live))
    writeFileSync(join(directory, 'a.policy.ts'), source)
    const options = { noLib: true, strict: true, noEmit: true, target: 'es2022', types: [], skipLibCheck: false, moduleDetection: 'legacy' }
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['steno.d.ts', 'a.policy.ts'] }))
    const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
    execFileSync(process.execPath, [compiler, '-p', directory, '--pretty', 'false'], { encoding: 'utf8' })
    return []
  } catch (error) {
    const output = String((error as { stdout?: unknown }).stdout)
    return Array.from(output.matchAll(/^(.*)\((\d+),\d+\): error TS(\d+): (.*)$/gm), ([, file, line, code, message]) =>
      file?.endsWith('a.policy.ts') ? `${line}: ${code} ${message}` : `${file} ${line}: ${code} ${message}`,
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const evil = "*/ declare const x: any /* ' \\ \n \u2028 `"
const evilWorld: LiveSchema = {
  targets: [
    'a',
    evil,
    'class',
    'rule',
    'Steno',
    'undefined',
    'globalThis',
    'let',
    'async',
    'of',
    'Array',
    'String',
    '__proto__',
    'any',
  ].map(name => ({
    name,
    protocol: evil,
    labels: { [evil]: evil },
    schemas: [{ name: evil, isDefault: true, tables: [{ name: evil, columns: [{ name: evil, type: evil }] }] }],
  })),
  groups: [evil],
  agents: [evil],
  approvers: [evil],
}

describe('the generated types', () => {
  it('are the same text for the same world', async () => {
    await expect(generateTypes(testLiveSchema)).toMatchFileSnapshot('./generate-types.snapshot.txt')
  })

  it('cannot be escaped by what things are called', () => {
    const text = generateTypes(evilWorld)
    // Once a comment or a string of a name is taken away, the name is gone: it never stood outside them.
    const outside = text.replaceAll(/\/\*[^]*?\*\/|'(?:\\.|[^'\\\n])*'|`[^`\n]*`|\/\/.*/g, '')
    expect(outside).not.toContain('declare const x')
  })

  it.runIf(isNode)('hold together whatever things are called', () => {
    expect(diagnosticsOf('', evilWorld)).toEqual([])
  })

  it.runIf(isNode)('hold together on their own, for a world that is known and for one that is not', () => {
    expect(diagnosticsOf('', testLiveSchema)).toEqual([])
    expect(diagnosticsOf("rule('a', { on: target('x'), when: op => op.verb === 'DROP', effect: forbid('no') })", emptyLiveSchema)).toEqual(
      [],
    )
  })

  it.runIf(isNode)('find nothing wrong with the sample', () => {
    expect(diagnosticsOf(samplePolicy, testLiveSchema)).toEqual([])
  })

  it.runIf(isNode)('find every planted mistake, each under its code', () => {
    const found = diagnosticsOf(plantedMistakes.map(({ source }) => source).join('\n'), testLiveSchema)
    const unlike = plantedMistakes.flatMap(({ typescript }, at) => {
      const first = found.find(one => one.startsWith(`${at + 1}: `)) ?? `${at + 1}: nothing`
      return typescript.some(code => first.startsWith(`${at + 1}: ${code} `)) ? [] : [first]
    })
    expect(unlike).toEqual([])
    expect(found.map(one => one.split(':')[0])).toEqual(plantedMistakes.map((_, at) => `${at + 1}`))
  })
})
