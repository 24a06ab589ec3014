// `npm run check`: format, lint, types, dead code and unit tests, but for those
// that take seconds each (`*.long.test.ts`, which `npm test` runs as well). Says
// what failed and nothing else; `npm run check -- --fix` mends what can be mended.
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { house } from './tools/house.js'

const isFixing = process.argv.includes('--fix')
const began = performance.now()

const installed = spawnSync(process.execPath, [join(house, 'gateway/bin/bootstrap.js'), 'install', '--with-tools'], { stdio: 'inherit' })
if (installed.status !== 0) process.exit(1)

const format = ['format', 'oxfmt/bin/oxfmt', isFixing ? [] : ['--check']]
const lint = ['lint', 'oxlint/bin/oxlint', ['--deny-warnings', ...(isFixing ? ['--fix'] : [])]]
const types = ['types', 'typescript/bin/tsc', ['-b']]
const deadCode = ['dead code', 'knip/bin/knip.js', []]
const unitTests = ['unit tests', 'vitest/vitest.mjs', ['run', '--reporter=dot', '--exclude', '**/*.long.test.ts']]

// Two lanes, as most machines have at least two cores. Types come before the
// linter, which asks the same compiler.
const results = await Promise.all([lane([format, types, lint, deadCode]), lane([unitTests])])
const failed = results.flat().filter(result => result.code !== 0)

console.log(`\n${failed.length === 0 ? 'all is well' : `failed: ${failed.map(({ name }) => name).join(', ')}`} (${seconds(began)} s)`)
process.exitCode = failed.length === 0 ? 0 : 1

async function lane(steps) {
  const done = []
  for (const step of steps) done.push(await run(step))
  return done
}

function run([name, program, args]) {
  const start = performance.now()
  return new Promise(resolve => {
    const child = spawn(process.execPath, [join(house, 'node_modules', program), ...args], {
      cwd: house,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1', FORCE_COLOR: undefined }) },
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (said += text))
    child.on('error', error => (said += error.message))
    child.on('close', code => {
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds(start)} s)`)
      // Of what the tests say, the dots of those that pass are left out.
      if (code !== 0)
        console.log(
          said
            .trimEnd()
            .replaceAll(/^[·\s]{40,}$/gm, '')
            .replaceAll(/^/gm, '  '),
        )
      resolve({ name, code })
    })
  })
}

function seconds(since) {
  return ((performance.now() - since) / 1000).toFixed(1)
}
