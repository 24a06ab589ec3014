import { defineConfig } from 'vitest/config'

// The linter runs in Node alone, and so do the tests of its rules.
const isNode = process.versions['bun'] === undefined && process.versions['deno'] === undefined

/** The unit tests, which lie beside what they test and pass on every runtime. */
export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['{recordings,policy-dsl,gateway,web}/src/**/*.test.{ts,tsx}', ...(isNode ? ['e2e/tools/*.test.ts'] : [])],
    // Bun hands vitest a module whose namespace re-exports are not there yet; vitest then loads zod itself.
    server: { deps: { inline: isNode ? [] : ['zod'] } },
    // No module of ours keeps state for a test to meet, so files share a process and what it has loaded: a third of the time.
    isolate: false,
    // Most machines have two cores at least; left alone, vitest takes one of two.
    maxWorkers: 2,
    setupFiles: ['e2e/tools/bound-shrinking.ts'],
    // Four runtimes share two cores with whatever else runs there.
    testTimeout: 20_000,
  },
})
