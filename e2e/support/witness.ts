import { spawn, type ChildProcess } from 'node:child_process'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gatewayCommand } from '../tools/runtimes.js'
import { freePort, house, run, stopChild, temporaryDirectory, until } from './machine.ts'

/** `steno witness`, a process of its own, configured by file. */
export interface RunningWitness {
  name: string
  url: string
  vkey: string
  data: string
  /** Whose checkpoints it signs from its next start on, as vkeys. */
  watch(...vkeys: string[]): void
  start(): Promise<void>
  kill(): Promise<void>
  stop(): Promise<void>
  remove(): void
  log(): string
}

/** Makes a witness with its key; it does not run yet. */
export async function createWitness(name: string): Promise<RunningWitness> {
  const directory = temporaryDirectory('witness')
  const file = join(directory.path, 'witness.yaml')
  const port = await freePort()
  const config = { name, data: join(directory.path, 'data'), listen: `127.0.0.1:${port}`, prefix: '/w', logs: [] as string[] }
  const [command, ...args] = gatewayCommand()
  let child: ChildProcess | null = null
  let said = ''
  const write = () => writeFileSync(file, JSON.stringify(config))
  write()
  const made = await run(command!, [...args, 'witness', 'key', '--config', file])
  if (made.code !== 0) throw new Error(`steno witness key: ${made.stderr}`)
  return {
    name,
    url: `http://127.0.0.1:${port}/w`,
    vkey: made.stdout.trim(),
    data: config.data,
    watch(...vkeys) {
      config.logs = vkeys
      write()
    },
    async start() {
      const started = spawn(command!, [...args, 'witness', '--config', file], { cwd: house, stdio: ['ignore', 'pipe', 'pipe'] })
      child = started
      const from = said.length
      for (const stream of [started.stdout, started.stderr]) stream.on('data', (bytes: Buffer) => (said += bytes.toString()))
      await until('the witness to be ready', () => {
        if (started.exitCode !== null) throw new Error(`the witness ended with ${started.exitCode}: ${said.slice(from)}`)
        return said.slice(from).includes('the witness is ready')
      })
    },
    async kill() {
      if (!child || child.exitCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
    async stop() {
      if (child) await stopChild(child)
    },
    remove: directory.remove,
    log: () => said,
  }
}

/** A checkpoint as it is sent, taken apart by hand. */
export interface Checkpoint {
  origin: string
  size: number
  root: string
  /** The keys among those asked for that have signed it, verified by the letter of the specifications. */
  signedBy: string[]
  note: string
}

/** Reads a checkpoint and checks the signatures of these keys; a wrong one is an error. */
export function readCheckpoint(note: string, vkeys: string[]): Checkpoint {
  const end = note.lastIndexOf('\n\n') + 1
  const text = note.slice(0, end)
  const [origin, size, root] = text.split('\n')
  const signedBy: string[] = []
  for (const line of note
    .slice(end + 1)
    .trimEnd()
    .split('\n')) {
    const [, name, base64] = line.split(' ')
    const bytes = Buffer.from(base64!, 'base64')
    const vkey = vkeys.find(one => one.startsWith(`${name}+${bytes.subarray(0, 4).toString('hex')}+`))
    if (!vkey) continue
    const [type, ...key] = Buffer.from(vkey.slice(vkey.indexOf('+', name!.length + 1) + 1), 'base64')
    const signature = bytes.subarray(type === 4 ? 12 : 4)
    const message = type === 4 ? `cosignature/v1\ntime ${bytes.readBigUInt64BE(4)}\n${text}` : text
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key).toString('base64url') }, format: 'jwk' })
    if (!verify(null, Buffer.from(message), publicKey, signature)) throw new Error(`a signature of ${name} is wrong: ${note}`)
    signedBy.push(vkey)
  }
  return { origin: origin!, size: Number(size), root: root!, signedBy, note }
}

/** The newest checkpoint of a log that a witness shows; null when it has none. */
export async function shownBy(witness: Pick<RunningWitness, 'url' | 'vkey'>, origin: string, logKey: string): Promise<Checkpoint | null> {
  const hash = createHash('sha256').update(origin).digest('hex')
  const answer = await fetch(`${witness.url}/${hash}/checkpoint`)
  return answer.ok ? readCheckpoint(await answer.text(), [logKey, witness.vkey]) : null
}

/** The leaves of a gateway's log, the first 256 000 of them, as its files have them. */
export function leavesOf(data: string): any[] {
  const directory = join(data, 'log/tile/entries')
  const bundles = readdirSync(directory).filter(name => /^\d{3}$/.test(name))
  return bundles.toSorted().flatMap(name => {
    const bundle = readFileSync(join(directory, name))
    const leaves: any[] = []
    for (let at = 0, end = 0; at + 2 <= bundle.length; at = end) {
      end = at + 2 + bundle.readUInt16BE(at)
      // One is being written.
      if (end > bundle.length) break
      leaves.push(JSON.parse(bundle.subarray(at + 2, end).toString()))
    }
    return leaves
  })
}

/** The key that a gateway's log began with: its first leaf. */
export function logKeyOf(data: string): string {
  return leavesOf(data)[0].vkey
}
