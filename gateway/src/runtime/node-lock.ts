import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Lock } from './machine.ts'
import { LockHeld } from './lock-held.ts'
import { hasCode } from './system-error.ts'

/** How long whoever has the lock may take to say who it is. */
const wordsWithinMs = 2000
const wordsLengthMax = 500
/** Systems differ in how long a socket's path may be; this fits all of them. */
const socketPathBytesMax = 100

/**
 * Takes a directory for this process, until it releases it or dies. Rejects with `LockHeld`.
 *
 * The lock is a listening socket in the directory, under the highest number
 * there. The kernel closes it with its process however that dies, so one that
 * refuses connections is nobody's; no process number is ever guessed, and
 * whoever shares the directory shares the lock, in a container or out of it.
 *
 * INVARIANT: a number is given once (`link` makes no second), by a socket that
 * listens already, to whoever found the one before it dead; and what is swept
 * away always has a higher number beside it. So whoever has a number and sees
 * no higher one is alone, and stays so while it listens.
 */
export async function lockDirectory(path: string, holder: string): Promise<Lock> {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const { directory, forget } = reachable(path)
  try {
    return await lock({ path, directory, words: `${holder}, process ${process.pid} on ${hostname()}` })
  } finally {
    forget()
  }
}

async function lock({ path, directory, words }: { path: string; directory: string; words: string }): Promise<Lock> {
  for (;;) {
    const highest = Math.max(0, ...numbersIn(path))
    if (highest > 0) {
      const owner = await ask(`${directory}/${highest}`)
      if (owner.is === 'going') continue
      if (owner.is === 'alive') throw new LockHeld(path, owner.words)
    }
    const name = `new-${randomBytes(8).toString('hex')}`
    const server = await listen(`${directory}/${name}`, words)
    const number = highest + 1
    if (take(path, name, number) && Math.max(...numbersIn(path)) === number) {
      for (const other of readdirSync(path)) if (other !== String(number)) rmSync(join(path, other), { force: true })
      return { release: () => close(server) }
    }
    // Somebody was faster. It may hold the lock, or be gone already: look again.
    await close(server)
  }
}

/** Gives a socket its number; false when the number is taken, or when whoever holds the lock swept the socket away. */
function take(path: string, name: string, number: number): boolean {
  try {
    linkSync(join(path, name), join(path, String(number)))
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST') || hasCode(error, 'ENOENT')) return false
    throw error
  } finally {
    rmSync(join(path, name), { force: true })
  }
}

function numbersIn(path: string): number[] {
  return readdirSync(path).flatMap(name => (/^[1-9]\d*$/.test(name) ? [Number(name)] : []))
}

/** A server whose only answer is who it is. */
function listen(path: string, words: string): Promise<Server> {
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.end(words)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path }, () => {
      server.off('error', reject)
      // What is wrong with one who asks is that one's affair.
      server.on('error', () => {})
      resolve(server)
    })
  })
}

/** Stops listening. Its file stays where it is: its number must not be given again. */
function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
  })
}

/** Somebody listens there; nobody does; somebody just stopped. */
type Owner = { is: 'alive'; words: string | null } | { is: 'dead' } | { is: 'going' }

/** Only a socket that refuses, or is not there, is nobody's; whatever else goes wrong, somebody may be. */
function ask(path: string): Promise<Owner> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path })
    let words = ''
    const is = (owner: Owner) => {
      clearTimeout(late)
      socket.destroy()
      resolve(owner)
    }
    const alive = () => is({ is: 'alive', words: words === '' ? null : words.slice(0, wordsLengthMax) })
    const late = setTimeout(alive, wordsWithinMs)
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      words += text
      if (words.length >= wordsLengthMax) alive()
    })
    socket.on('end', alive)
    socket.on('error', error => {
      if (hasCode(error, 'ECONNREFUSED') || hasCode(error, 'ENOENT')) return is({ is: 'dead' })
      if (hasCode(error, 'ECONNRESET') || hasCode(error, 'EPIPE')) return is({ is: 'going' })
      // So many ask at once that they queue: somebody is there.
      if (hasCode(error, 'EAGAIN')) return alive()
      clearTimeout(late)
      reject(error)
    })
  })
}

/** The same directory under a path that sockets can have. */
function reachable(path: string): { directory: string; forget: () => void } {
  if (Buffer.byteLength(path) + 40 <= socketPathBytesMax) return { directory: path, forget: () => {} }
  const place = mkdtempSync(join(tmpdir(), 'steno-lock-'))
  symlinkSync(path, join(place, 'd'))
  return { directory: join(place, 'd'), forget: () => rmSync(place, { recursive: true, force: true }) }
}
