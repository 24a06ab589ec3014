import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { lockDirectory } from './node-lock.ts'

it('works where a path is longer than that of a socket may be', async () => {
  const path = join(temporaryDirectory(), ...Array.from({ length: 6 }, () => 'a directory deep down in others'))
  const lock = await lockDirectory(path, 'the gateway')
  await expect(lockDirectory(path, 'another')).rejects.toThrow(/^.*deep down.* is held by the gateway, process \d+ on .+/)
  await lock.release()
  await (await lockDirectory(path, 'the next')).release()
})

it('leaves one file behind, however often it was taken', async () => {
  const path = join(temporaryDirectory(), 'lock')
  for (let round = 0; round < 4; round++) await (await lockDirectory(path, 'the gateway')).release()
  expect(readdirSync(path)).toEqual(['4'])
})

it('takes a directory that cannot be looked into for one that may be held', async () => {
  await expect(lockDirectory('/dev/null/lock', 'the gateway')).rejects.toMatchObject({ code: 'ENOTDIR' })
})

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'steno-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}
