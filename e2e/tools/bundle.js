// What each page of the desk weighs, as it was built; `node e2e/tools/bundle.js` prints it.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { house } from './house.js'

const dist = join(house, 'web/dist')

/**
 * What each page may weigh, in bytes after gzip. A page is what it brings beside
 * the entry; the replay's budget counts its workers too.
 */
const budgets = {
  entry: { page: null, scripts: 60_000 },
  replay: { page: 'ReplayPage', scripts: 110_000, workers: /./ },
  policy: { page: 'PolicyPage', scripts: 900_000 },
  'policy: the editor’s workers': { page: 'PolicyPage', workers: /typescript-worker|editor-worker/, of: 1_250_000 },
  'policy: our own worker': { page: 'PolicyPage', workers: /check-worker/, of: 130_000 },
}

/** Every page with what it weighs, what it may, and what that is made of. */
export function bundleTable() {
  return Object.entries(budgets).map(([name, { page, scripts, workers, of }]) => {
    const weighed = weigh(page)
    const parts = [...(scripts ? weighed.scripts : []), ...(workers ? weighed.workers.filter(({ path }) => workers.test(path)) : [])]
    return { name, bytes: parts.reduce((total, { bytes }) => total + bytes, 0), bytesMax: of ?? scripts, parts }
  })
}

/** Weighs a page: every script that it imports before it is shown, and every worker that these name. What is imported later is not the page. */
function weigh(page) {
  const assets = readdirSync(join(dist, 'assets'))
  const first = page === null ? entryScripts() : [`assets/${assets.find(file => file.startsWith(`${page}-`) && file.endsWith('.js'))}`]
  const entry = new Set(entryScripts().flatMap(path => [...reachedFrom(path)]))
  const scripts = [...new Set(first.flatMap(path => [...reachedFrom(path)]))].filter(path => page === null || !entry.has(path))
  const workers = new Set()
  for (const path of scripts) collectWorkers(path, workers)
  return { scripts: sizes(scripts), workers: sizes([...workers]) }
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
  for (const { name, bytes, bytesMax, parts } of bundleTable()) {
    console.log(`${name}: ${kB(bytes)} of ${kB(bytesMax)}${bytes > bytesMax ? ', which is too much' : ''}`)
    for (const { path, bytes: size } of parts) if (size >= 2000) console.log(`  ${kB(size).padStart(10)}  ${path}`)
  }
}
