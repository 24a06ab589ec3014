// `npm test`: installs what is missing, builds, and runs every test on real
// counterparts. The last line is the sum of all.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { installDebianPackages } from './tools/debian.js'
import { house } from './tools/house.js'
import { runtimePackages, runtimes } from './tools/runtimes.js'
import { runForAtMost } from './tools/stand-still.js'
import { toolPackages } from './tools/tools.js'

/** End-to-end suites that every runtime must pass; Node 20 runs all of them. */
const journeys = ['psql', 'runs', 'drivers', 'hostile', 'lock']

const began = Date.now()
const only = process.argv.slice(2)
let passed = 0
let failed = 0

installDebianPackages()
must('looking for dependencies', process.execPath, ['gateway/bin/bootstrap.js', 'install', '--with-tools'])
installApart('runtimes', runtimePackages)
installApart('tools', toolPackages)
must('building', process.execPath, ['gateway/bin/bootstrap.js', 'build'])

for (const name of Object.keys(runtimes)) await suite(`unit tests on ${runtimes[name].title}`, name, 'vitest.config.ts', only)
for (const name of Object.keys(runtimes))
  await suite(
    `end-to-end tests on ${runtimes[name].title}`,
    name,
    'e2e/vitest.config.ts',
    only.length > 0 ? only : name === 'node20' ? [] : journeys,
  )

console.log(`\nafter ${((Date.now() - began) / 60_000).toFixed(1)} minutes`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0

/** Runs one vitest. The unit tests run in the named runtime; end-to-end tests run here and start the gateway in it. */
async function suite(title, name, config, filters) {
  console.log(`\n== ${title}`)
  const isEndToEnd = config.includes('e2e')
  const report = join(house, '.cache', `report-${name}-${isEndToEnd ? 'e2e' : 'unit'}.json`)
  rmSync(report, { force: true })
  const [command, ...args] = isEndToEnd ? [process.execPath] : runtimes[name].vitest
  const code = await runForAtMost(
    isEndToEnd && name === 'node20' ? 35 : 10,
    command,
    [
      ...args,
      join(house, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--config',
      config,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      '--passWithNoTests',
      ...filters,
    ],
    {
      env: {
        STENO_RUNTIME: name,
        // What is tried at random is tried more often on one of them.
        ...(name === 'node20' ? { STENO_THOROUGH: '1' } : {}),
      },
      isNode: name.startsWith('node') && !isEndToEnd,
    },
  )
  const counted = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : null
  passed += counted?.numPassedTests ?? 0
  // A suite that could not run, or a run that broke apart, counts as one.
  const broken = counted ? counted.testResults.filter(file => file.status === 'failed' && file.assertionResults.length === 0).length : 1
  const failures = (counted?.numFailedTests ?? 0) + broken
  failed += failures === 0 && code !== 0 ? 1 : failures
}

/** Installs packages into a folder of their own below `.cache`, unless they are there. */
function installApart(folder, packages) {
  const place = join(house, '.cache', folder)
  const stamp = join(place, 'installed.txt')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === packages.join(' ')) return
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, 'package.json'), '{ "private": true }\n')
  must(
    `installing ${packages.join(', ')}`,
    'npm',
    ['install', '--prefix', place, '--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error', ...packages],
    { PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' },
  )
  writeFileSync(stamp, packages.join(' '))
}

function must(title, command, args, env = {}) {
  console.log(`${title} …`)
  const ran = spawnSync(command, args, { cwd: house, stdio: 'inherit', env: { ...process.env, ...env } })
  if (ran.status === 0) return
  console.error(`${title} failed`)
  console.log('0 passed, 1 failed')
  process.exit(1)
}
