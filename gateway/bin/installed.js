import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Whether npm has installed what the lock file asks for: all of it, or all but what only tests and checks need. */
export function isInstalled(house, { withTools }) {
  const done = join(house, 'node_modules/.package-lock.json')
  if (!existsSync(done)) return false
  const wanted = packagesOf(join(house, 'package-lock.json'))
  const there = packagesOf(done)
  return Object.entries(wanted).every(([path, { version, dev, optional, link }]) => {
    // The root itself has no folder, and of optional packages npm takes those that fit the platform.
    if (!path.startsWith('node_modules/') || optional || (dev && !withTools)) return true
    return there[path] !== undefined && (link || there[path].version === version)
  })
}

function packagesOf(lock) {
  return JSON.parse(readFileSync(lock, 'utf8')).packages
}
