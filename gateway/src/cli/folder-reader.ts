import { createReadStream } from 'node:fs'
import { open, readdir, readFile, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { listTar, type ByteStream, type FileReader, type TarEntry } from '@steno/recordings'

/** How much of a recording is read at once. */
const chunkBytes = 1 << 20
/** What is read whole is never larger: a full bundle of the largest leaves is a quarter of it. What is longer is cut, and so not what was signed. */
export const wholeBytesMax = 64 << 20

/** The files below a folder of the disk. */
export function folderReader(folder: string): FileReader {
  return {
    read: path => orNull(() => readStart(join(folder, path))),
    // Opened before it is given away, so that a file which is not there is known now.
    stream: path => orNull(async () => streamOf(await open(join(folder, path)))),
    list: async path => (await orNull(() => readdir(join(folder, path)))) ?? [],
  }
}

/** The files of a tar archive, by their paths in its one folder; null for a file that is no archive. */
export async function archiveReader(path: string): Promise<FileReader | null> {
  const read = (range: { start: number; end: number }) => readPart(path, range)
  const entries = await listTar(read)
  if (!entries) return null
  const files = new Map<string, TarEntry>(entries.map(entry => [entry.name.slice(entry.name.indexOf('/') + 1), entry]))
  return {
    async read(name) {
      const entry = files.get(name)
      return entry ? read({ start: entry.start, end: entry.start + Math.min(entry.sizeBytes, wholeBytesMax) }) : null
    },
    async stream(name) {
      const entry = files.get(name)
      if (!entry) return null
      if (entry.sizeBytes === 0) return nothing()
      return createReadStream(path, { start: entry.start, end: entry.start + entry.sizeBytes - 1, highWaterMark: chunkBytes })
    },
    async list(folder) {
      const prefix = folder === '' ? '' : `${folder}/`
      const names = [...files.keys()].filter(name => name.startsWith(prefix)).map(name => name.slice(prefix.length).split('/')[0]!)
      return [...new Set(names)]
    },
  }
}

async function readStart(path: string): Promise<Uint8Array> {
  const { size } = await stat(path)
  return size > wholeBytesMax ? readPart(path, { start: 0, end: wholeBytesMax }) : readFile(path)
}

async function readPart(path: string, { start, end }: { start: number; end: number }): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(end - start), 0, end - start, start)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

function streamOf(file: FileHandle): ByteStream {
  return file.createReadStream({ highWaterMark: chunkBytes })
}

async function* nothing(): ByteStream {}

/** Null for what is not there; everything else that goes wrong is thrown. */
async function orNull<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null
    throw error
  }
}
