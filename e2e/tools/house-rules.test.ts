import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { house } from './house.js'

/** A file, what it says, and the rule that must object; null where none may. */
const planted: [path: string, source: string, rule: string | null][] = [
  ['recordings/src/a.ts', `import { x } from '@steno/policy-dsl'; x()`, 'house(imports)'],
  ['recordings/src/b.ts', `import { readFileSync } from 'node:fs'; readFileSync('')`, 'house(imports)'],
  ['recordings/src/c.ts', `export * from 'hono'`, 'house(imports)'],
  ['recordings/src/d.ts', `import { x } from './e.ts'; x()`, null],
  ['recordings/src/d.test.ts', `import { readFileSync } from 'node:fs'; readFileSync('')`, null],
  ['policy-dsl/src/a.ts', `import { x } from '@steno/gateway/api'; x()`, 'house(imports)'],
  ['policy-dsl/src/b.ts', `import { x } from '@steno/recordings'; x()`, null],
  ['policy-dsl/src/d.ts', `import { integer } from 'fast-check'; integer()`, 'house(imports)'],
  ['policy-dsl/src/test-d.ts', `import { integer } from 'fast-check'; integer()`, null],
  ['gateway/src/guard/a.ts', `import { readFileSync } from 'node:fs'; readFileSync('')`, 'house(imports)'],
  ['gateway/src/runtime/a.ts', `import { readFileSync } from 'node:fs'; readFileSync('')`, null],
  ['gateway/src/guard/b.ts', `const x = await import('../../../web/src/x.ts'); x.y()`, 'house(imports)'],
  ['gateway/src/guard/c.ts', `import { x } from '../protocols/postgres/index.ts'; x()`, 'house(imports)'],
  ['gateway/src/protocols/registry.ts', `import { x } from './postgres/index.ts'; x()`, null],
  ['gateway/src/api/a.ts', `import { guardKey } from '../guard/pass.ts'; guardKey()`, 'house(imports)'],
  ['gateway/src/guard/d.ts', `import { guardKey } from './pass.ts'; guardKey()`, null],
  ['gateway/src/protocols/mysql/a.ts', `import { x } from '../postgres/index.ts'; x()`, 'house(imports)'],
  ['gateway/src/protocols/mysql/b.ts', `import { x } from '../../guard/pass.ts'; x()`, 'house(imports)'],
  ['gateway/src/protocols/mysql/c.ts', `import { x } from '../../journal/index.ts'; x()`, 'house(imports)'],
  ['gateway/src/protocols/mysql/d.ts', `import type { X } from '../../identity/index.ts'; export type Y = X`, 'house(imports)'],
  [
    'gateway/src/protocols/mysql/e.ts',
    `import { x } from '../../guard/index.ts'; import { y } from '../shared/y.ts'; import { z } from '../protocol.ts'; x(y, z)`,
    null,
  ],
  ['web/src/a.ts', `import { x } from '@steno/gateway/api'; x()`, 'house(imports)'],
  ['web/src/b.ts', `import type { X } from '@steno/gateway/api'; export type Y = X`, null],
  ['e2e/suites/a.ts', `import { x } from '@steno/recordings'; x()`, 'house(imports)'],
  ['e2e/suites/b.ts', `import { x } from '../../gateway/src/gateway.ts'; x()`, 'house(imports)'],
  ['gateway/src/journal/a.ts', `export const at = Date.now()`, 'house(time-and-chance)'],
  ['gateway/src/journal/b.ts', `export const at = new Date()`, 'house(time-and-chance)'],
  ['gateway/src/journal/c.ts', `export const x = Math.random()`, 'house(time-and-chance)'],
  ['gateway/src/journal/d.ts', `setTimeout(() => {}, 1)`, 'house(time-and-chance)'],
  ['policy-dsl/src/c.ts', `globalThis.setInterval(() => {}, 1)`, 'house(time-and-chance)'],
  ['gateway/src/journal/e.ts', `export const at = new Date(0)`, null],
  ['gateway/src/runtime/b.ts', `export const at = Date.now()`, null],
  ['web/src/c.ts', `export const at = Date.now()`, 'house(time-and-chance)'],
  [
    'gateway/src/api/b.ts',
    `export const f = (session: { protocol: string }) => session.protocol === 'postgres'`,
    'house(no-protocol-names)',
  ],
  [
    'web/src/d.ts',
    `export function f(s: { protocol: string }) { switch (s.protocol) { case 'ssh': return 1 } return 0 }`,
    'house(no-protocol-names)',
  ],
  ['gateway/src/protocols/ssh/a.ts', `export const f = (session: { protocol: string }) => session.protocol === 'ssh'`, null],
  ['web/src/A.tsx', `export function Row({ id }: { id: string }) { return id }`, 'house(whole-props)'],
  ['web/src/B.tsx', `export function Row(props: { id: string }) { const { id } = props; return id }`, 'house(whole-props)'],
  ['web/src/C.tsx', `export function Row(props: { id: string }) { return props.id }`, null],
  ['web/src/e.ts', `export const x = fetch('/api/sessions')`, 'house(only-api-fetches)'],
  ['web/src/api.ts', `export const x = fetch('/api/sessions')`, null],
  ['recordings/src/f.ts', `export default 1`, 'import(no-default-export)'],
  ['recordings/src/g.ts', `export const x: any = 1`, 'typescript(no-explicit-any)'],
  ['recordings/src/h.ts', `// @ts-ignore: because\nexport const x = 1`, 'typescript(ban-ts-comment)'],
  ['recordings/src/i.ts', `try { f() } catch {}\nfunction f() {}`, 'eslint(no-empty)'],
  ['recordings/src/j.test.ts', `import { it } from 'vitest'; it.only('x', () => {})`, 'vitest(no-focused-tests)'],
  ['recordings/src/k.test.ts', `import { it } from 'vitest'; it.skip('x', () => {})`, 'vitest(no-disabled-tests)'],
]

const place = mkdtempSync(join(tmpdir(), 'steno-lint-'))
const objections = new Map<string, string[]>()

beforeAll(() => {
  cpSync(join(house, 'e2e/tools/house-rules.js'), join(place, 'e2e/tools/house-rules.js'))
  symlinkSync(join(house, 'node_modules'), join(place, 'node_modules'))
  for (const [path, source] of planted) {
    mkdirSync(dirname(join(place, path)), { recursive: true })
    writeFileSync(join(place, path), `${source}\n`)
  }
  // Types are another matter: what is planted imports what is not there.
  const config = JSON.parse(readFileSync(join(house, '.oxlintrc.json'), 'utf8')) as { options: Record<string, unknown> }
  config.options['typeAware'] = false
  writeFileSync(join(place, '.oxlintrc.json'), JSON.stringify(config))
  const ran = spawnSync(
    process.execPath,
    [join(house, 'node_modules/oxlint/bin/oxlint'), '--format=json', 'recordings', 'policy-dsl', 'gateway', 'web', 'e2e'],
    { cwd: place, encoding: 'utf8' },
  )
  const report = JSON.parse(ran.stdout) as { diagnostics: { filename: string; code: string }[] }
  for (const { filename, code } of report.diagnostics) objections.set(filename, [...(objections.get(filename) ?? []), code])
})
afterAll(() => rmSync(place, { recursive: true }))

for (const [path, source, rule] of planted) {
  it(`${rule ?? 'nothing'} objects to \`${source}\` in ${path}`, () => {
    const codes = objections.get(path) ?? []
    if (rule === null) expect(codes.filter(code => code.startsWith('house'))).toEqual([])
    else expect(codes).toContain(rule)
  })
}
