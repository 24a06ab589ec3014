import { sha256 } from '../runtime/crypto.ts'
import type { Disk } from '../runtime/machine.ts'

/** One file of the desk. */
export interface StaticFile {
  content: Uint8Array
  type: string
  etag: string
  /** Its name changes with its content, so it may be kept for good. */
  isImmutable: boolean
}

const types: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  ttf: 'font/ttf',
  wasm: 'application/wasm',
  map: 'application/json',
  txt: 'text/plain; charset=utf-8',
}

/**
 * The built desk. Which files there are is read once, at the start; a request
 * only looks its path up among them, so no path leads anywhere else.
 */
export class StaticFiles {
  readonly #disk: Disk
  readonly #paths = new Map<string, string>()
  readonly #read = new Map<string, StaticFile>()

  constructor(disk: Disk, directory: string) {
    this.#disk = disk
    this.#add(directory, '')
  }

  /** The file under a URL's path. */
  get(urlPath: string): StaticFile | null {
    const path = this.#paths.get(urlPath)
    if (path === undefined) return null
    const known = this.#read.get(urlPath)
    if (known) return known
    const content = this.#disk.read(path)
    const extension = urlPath.slice(urlPath.lastIndexOf('.') + 1)
    const file: StaticFile = {
      content,
      type: types[extension] ?? 'application/octet-stream',
      etag: `"${Array.from(sha256(content).subarray(0, 12), byte => byte.toString(16).padStart(2, '0')).join('')}"`,
      isImmutable: urlPath.startsWith('/assets/'),
    }
    this.#read.set(urlPath, file)
    return file
  }

  #add(directory: string, urlPath: string): void {
    for (const name of this.#disk.list(directory)) {
      // The build gives every file an extension and no directory a dot.
      if (name.includes('.')) this.#paths.set(`${urlPath}/${name}`, `${directory}/${name}`)
      else this.#add(`${directory}/${name}`, `${urlPath}/${name}`)
    }
  }
}
