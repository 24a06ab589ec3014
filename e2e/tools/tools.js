// What only tests need, kept outside the package's own dependencies.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { house } from './house.js'

/** npm packages that the end-to-end tests use. Both TypeScripts are there: the one in the browser's editor, and the newest with an API. */
export const toolPackages = [
  'playwright-core@1.65.1',
  'axe-core@4.14.1',
  'asciinema-player@3.17.0',
  'pg@8.23.1',
  'postgres@3.4.9',
  'typescript-5@npm:typescript@5.9.3',
  'typescript-6@npm:typescript@6.0.3',
]

/** Where they are installed. */
export const toolsDirectory = join(house, '.cache/tools')

const require = createRequire(join(toolsDirectory, 'package.json'))

/**
 * A test tool by its name.
 * @param {string} name
 * @returns {Promise<any>}
 */
export function loadTool(name) {
  return import(pathToFileURL(require.resolve(name)).href)
}

/**
 * The path of a file in a test tool's package.
 * @param {string} name
 */
export function toolFile(name) {
  return join(toolsDirectory, 'node_modules', name)
}
