import { expect, it } from 'vitest'
import { Simulation } from './test-simulation.ts'
import type { Tally } from './test-story.ts'

/** A few at each change; `npm test` asks for more on one runtime, and `npm run soak` for as many as it is told. */
const count = Number(process.env['STENO_SEEDS'] ?? (process.env['STENO_THOROUGH'] === undefined ? 4 : 60))
const first = Number(process.env['STENO_SEED'] ?? 1)
/** A seed that is asked for by itself is told whole. */
const seeds = process.env['STENO_SEEDS'] === undefined && process.env['STENO_SEED'] !== undefined ? 1 : count

/** What must have happened somewhere in so many seeds, for the simulation to be worth its name. */
const expected = [
  'died killed',
  'died without power',
  'died while starting',
  'stopped by an fsync error',
  'stopped',
  'full disk',
  'read-only disk',
  'write error',
  'clock steps',
  'run 503',
  'vote 200',
  'error 58030',
  'error 42501',
  'error 57014',
]

it(
  `loses nothing that a target saw or anybody was told, in ${seeds} simulations from seed ${first}`,
  async () => {
    const tally: Tally = {}
    for (let seed = first; seed < first + seeds; seed++) {
      const simulation = new Simulation(seed)
      try {
        await simulation.run()
      } catch (error) {
        const told = `${simulation.story.told}\n\nseed ${seed}; alone: STENO_SEED=${seed} npx vitest run gateway/src/simulation`
        throw new Error(told, { cause: error })
      }
      for (const [what, times] of Object.entries(simulation.story.tally)) tally[what] = (tally[what] ?? 0) + times
    }
    const told = Object.entries(tally).map(([what, times]) => `${times} × ${what}`)
    process.stdout.write(`${seeds} simulations: ${told.join(', ')}\n`)
    if (seeds >= 60) expect(expected.filter(what => tally[what] === undefined)).toEqual([])
  },
  60_000 + seeds * 10_000,
)
