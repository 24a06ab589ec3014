import type { AppendFile, Disk } from '../runtime/machine.ts'

/** A file that only grows. A write that fails leaves it as it was, so that the next one follows whole bytes. */
export class GrowingFile {
  readonly path: string
  readonly #disk: Disk
  readonly #file: AppendFile
  #sizeBytes: number
  #isTorn = false

  constructor(disk: Disk, path: string) {
    this.path = path
    this.#disk = disk
    this.#file = disk.append(path, { exclusive: false })
    this.#sizeBytes = disk.sizeBytes(path)
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** In the kernel when it returns. Throws the disk's error. */
  write(bytes: Uint8Array): void {
    this.#mend()
    try {
      this.#file.write(bytes)
    } catch (error) {
      this.#isTorn = true
      try {
        this.#mend()
      } catch {
        // A disk that is read-only now cannot cut either: the next write tries that first.
      }
      throw error
    }
    this.#sizeBytes += bytes.length
  }

  /** On disk when it resolves, and all that was written before the call with it. */
  sync(): Promise<void> {
    return this.#file.sync()
  }

  close(): void {
    this.#file.close()
  }

  #mend(): void {
    if (!this.#isTorn) return
    if (this.#disk.sizeBytes(this.path) > this.#sizeBytes) this.#disk.truncate(this.path, this.#sizeBytes)
    this.#isTorn = false
  }
}
