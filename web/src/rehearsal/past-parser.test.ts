import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { CommandRecord } from '@steno/recordings'
import { expect, it } from 'vitest'
import { createPastParser } from './past-parser.ts'

const command = (text: string, kind: CommandRecord['kind'] = 'query'): CommandRecord => ({
  n: 1,
  kind,
  text,
  transaction: 'idle',
  decision: { verdict: 'allow', policyVersion: 'none' },
})

it('fetches the parser with the first text, once, and reads each text once', async () => {
  let fetched = 0
  const parser = createPastParser(() => {
    fetched++
    return readFile(createRequire(import.meta.url).resolve('libpg-query/wasm/libpg-query.wasm'))
  })
  expect(fetched).toBe(0)
  await parser.ready()
  await parser.ready()
  expect(fetched).toBe(1)
  const read = parser.read(command('delete from orders'), 'postgres')
  expect(read).toMatchObject([{ verb: 'DELETE', tables: ['orders'], hasWhere: false }])
  expect(parser.read(command('delete from orders'), 'postgres')).toBe(read)
  expect(parser.read(command('1598', 'call'), 'postgres')).toMatchObject([{ verb: 'CALL', object: '1598' }])
  expect(parser.read(command('get x'), 'telex')).toMatchObject([{ verb: 'UNPARSED' }])
})
