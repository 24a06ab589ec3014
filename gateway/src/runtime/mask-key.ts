import type { MaskKey } from '@steno/policy-dsl'
import { hmacSha256 } from './crypto.ts'
import type { Disk, Machine } from './machine.ts'

const secretBytes = 32

/** The secret that keyed masks are made with, kept under `directory` so that a value is hidden alike tomorrow. Throws the disk's error. */
export function openMaskKey({ disk, random }: { disk: Disk; random: Machine['random'] }, directory: string): MaskKey {
  const path = `${directory}/mask.key`
  if (!disk.exists(path)) {
    disk.makeDirectory(directory)
    disk.replace(path, random(secretBytes))
  }
  const secret = disk.read(path)
  if (secret.length !== secretBytes) throw new Error(`expected a mask key of ${secretBytes} bytes in ${path}, got ${secret.length}`)
  const encoder = new TextEncoder()
  return { hmac: text => hmacSha256(secret, encoder.encode(text)) }
}
