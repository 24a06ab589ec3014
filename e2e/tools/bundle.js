// What each page of the desk weighs, as it was built; `node e2e/tools/bundle.js` prints it.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { house } from './house.js'

const dist = join(house, 'web/dist')

/** The pages that have a budget of their own, in bytes after gzip: their scripts, and the workers they start. */
export const budgets = {
  entry: { page: null, scripts: 60_000 },
  replay: { page: 'ReplayPage', scripts: 110_000, countsWorkers: true },
  policy: { page: 'PolicyPage', scripts: 900_000, workers: 1_250_000 },
}

/** Weighs a page: every script that it imports before it is shown, and every worker that these name. What is imported later is not the page. */
export function weigh(name) {
  const { page } = budgets[name]
  const assets = readdirSync(join(dist, 'assets'))
  const first = page === null ? entryScripts() : [`assets/${assets.find(file => file.startsWith(`${page}-`) && file.endsWith('.js'))}`]
  const entry = new Set(entryScripts().flatMap(path => [...reachedFrom(path)]))
  const scripts = [...new Set(first.flatMap(path => [...reachedFrom(path)]))].filter(path => page === null || !entry.has(path))
  const workers = new Set()
  for (const path of scripts) collectWorkers(path, workers)
  return { scripts: sizes(scripts), workers: sizes([...workers]) }
}

/** The sum of what was weighed, in bytes. */
export function sum(parts) {
  return parts.reduce((total, { bytes }) => total + bytes, 0)
}

function entryScripts() {
  return [...readFileSync(join(dist, 'index.html'), 'utf8').matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map(([, path]) => path)
}

function reachedFrom(path, reached = new Set()) {
  if (reached.has(path)) return reached
  reached.add(path)
  for (const [, name] of read(path).matchAll(/(?:^|[;}])(?:import|export)\s*(?:[^;"'`]*?\bfrom\s*)?["']\.\/([^"']+\.js)["']/gm))
    reachedFrom(`assets/${name}`, reached)
  return reached
}

/** A worker may start others. */
function collectWorkers(path, workers) {
  for (const [, name] of read(path).matchAll(/assets\/([\w-]*worker[\w-]*\.js)/g)) {
    const worker = `assets/${name}`
    if (workers.has(worker)) continue
    workers.add(worker)
    collectWorkers(worker, workers)
  }
}

function sizes(paths) {
  return paths.map(path => ({ path, bytes: gzipSync(readFileSync(join(dist, path))).length })).toSorted((a, b) => b.bytes - a.bytes)
}

function read(path) {
  return readFileSync(join(dist, path), 'utf8')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const kB = bytes => `${(bytes / 1000).toFixed(1)} kB`
  for (const [name, budget] of Object.entries(budgets)) {
    const { scripts, workers } = weigh(name)
    console.log(`${name}: ${kB(sum(scripts))} of scripts, ${kB(sum(workers))} of workers`)
    console.log(
      `  allowed: ${kB(budget.scripts)}${budget.countsWorkers ? ' with workers' : ''}${budget.workers ? `, workers ${kB(budget.workers)}` : ''}`,
    )
    for (const { path, bytes } of [...scripts, ...workers]) if (bytes >= 2000) console.log(`  ${kB(bytes).padStart(10)}  ${path}`)
  }
}
