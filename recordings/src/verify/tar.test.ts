import { describe, expect, it } from 'vitest'
import { utf8Encoder } from '../cast/utf8.ts'
import { formatTarHeader, listTar, tarBlockBytes, tarEnd, tarPadding } from './tar.ts'
import { concat } from './test-directory.ts'

const archiveOf = (files: Record<string, Uint8Array>) =>
  concat([
    ...Object.entries(files).flatMap(([name, bytes]) => [
      formatTarHeader({ name, sizeBytes: bytes.length, modifiedAtUs: 1_763_700_000_000_000 }),
      bytes,
      tarPadding(bytes.length),
    ]),
    tarEnd,
  ])

const list = (archive: Uint8Array) => listTar(async ({ start, end }) => archive.subarray(start, end))

describe('an archive', () => {
  it('lists its files, whatever their sizes', async () => {
    const files = Object.fromEntries([0, 1, 511, 512, 513, 5000].map(size => [`folder/${size}`, new Uint8Array(size).fill(7)]))
    const archive = archiveOf(files)
    expect(archive.length % tarBlockBytes).toBe(0)
    const entries = await list(archive)
    expect(entries!.map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual(
      Object.entries(files).map(([name, { length }]) => [name, length]),
    )
    for (const { name, start, sizeBytes } of entries!) expect(archive.slice(start, start + sizeBytes)).toEqual(files[name])
  })

  it('is not what is empty, short, or has another sum', async () => {
    const archive = archiveOf({ 'folder/a': utf8Encoder.encode('a') })
    expect(await list(new Uint8Array(0))).toBe(null)
    expect(await list(utf8Encoder.encode('{"version":3}\n'))).toBe(null)
    expect(await list(archive.subarray(0, 300))).toBe(null)
    expect(await list(archive.with(3, 0x7a))).toBe(null)
  })

  it('takes no name and no size that its header has no room for', () => {
    expect(() => formatTarHeader({ name: 'n'.repeat(101), sizeBytes: 0, modifiedAtUs: 0 })).toThrow(RangeError)
    expect(() => formatTarHeader({ name: 'n', sizeBytes: 2 ** 33, modifiedAtUs: 0 })).toThrow(RangeError)
  })
})
