// `npm run soak`: the whole gateway through thousands of simulated lives, and a
// real one through 200 kills under load. Prints what was lived through; the
// first thing lost ends it with an error, and a seed that shows it again.
// STENO_SEEDS, STENO_SEED and STENO_KILLS say how much, and from where.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { installDebianPackages } from './tools/debian.js'
import { house } from './tools/house.js'

const env = {
  ...process.env,
  STENO_SEEDS: process.env.STENO_SEEDS ?? '5000',
  // Lives that nobody has lived yet, until somebody asks for one again.
  STENO_SEED: process.env.STENO_SEED ?? String(1 + Math.floor(Math.random() * 2 ** 30)),
  STENO_KILLS: process.env.STENO_KILLS ?? '200',
}

installDebianPackages()
must('looking for dependencies', ['gateway/bin/bootstrap.js', 'install', '--with-tools'])
must('building', ['gateway/bin/bootstrap.js', 'build'])
const vitest = join(house, 'node_modules/vitest/vitest.mjs')
must(`${env.STENO_SEEDS} simulations from seed ${env.STENO_SEED}`, [vitest, 'run', 'gateway/src/simulation'])
must(`${env.STENO_KILLS} kills`, [vitest, 'run', '--config', 'e2e/vitest.config.ts', 'kill.test.ts'])

function must(title, args) {
  console.log(`\n== ${title}`)
  const { status } = spawnSync(process.execPath, args, { cwd: house, stdio: 'inherit', env })
  if (status !== 0) process.exit(status ?? 1)
}
