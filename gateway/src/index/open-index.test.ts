import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { realMachine } from '../runtime/node.ts'
import { openIndex } from './open-index.ts'

it('waits for a store that is down without holding up anybody, and can be closed meanwhile', async () => {
  const dataDirectory = mkdtempSync(`${tmpdir()}/steno-index-`)
  const problems: string[] = []
  const index = openIndex({
    connection: { host: `${dataDirectory}/no-socket-here` },
    dataDirectory,
    clock: realMachine().clock,
    onProblem: problem => problems.push(problem),
  })
  let isReady = false
  void index.ready.then(() => (isReady = true))
  index.follow({ session: 's1', path: `${dataDirectory}/s1.cast`, sizeBytes: 10 })
  await expect(index.search.commands({}, { limit: 1, cursor: null })).rejects.toThrow()
  await index.close()
  expect(isReady).toBe(false)
  rmSync(dataDirectory, { recursive: true })
})
