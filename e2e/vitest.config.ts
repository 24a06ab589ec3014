import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    dir: 'e2e/suites',
    include: ['**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Suites start servers and measure memory: one after the other, on two cores.
    fileParallelism: false,
    pool: 'forks',
  },
})
