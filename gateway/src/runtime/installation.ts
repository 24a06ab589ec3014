import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const packageFile = fileURLToPath(new URL('../../package.json', import.meta.url))

/** This gateway's version. */
export const version: string = (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version

/** Where the built pages lie: beside the gateway in a clone, inside it in a package; null when they were not built. */
export function builtDesk(): string | null {
  const places = ['../../web', '../../../web/dist'].map(place => fileURLToPath(new URL(place, import.meta.url)))
  return places.find(place => existsSync(`${place}/index.html`)) ?? null
}
