// The bench measures the program as it is shipped, from outside and in parts:
// the parts are taken from what was built, by their paths.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { house } from '../tools/house.js'

/**
 * A module of the built program.
 * @param {string} path
 * @returns {Promise<any>}
 */
export function built(path) {
  const file = join(house, path)
  if (!existsSync(file)) throw new Error(`expected ${path} to be built: npm run build`)
  return import(pathToFileURL(file).href)
}
