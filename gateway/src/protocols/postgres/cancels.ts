import type { Address, Machine } from '../../runtime/machine.ts'
import { writeCancelRequest } from './wire/write.ts'

/** The longest secret key protocol 3.2 allows is 256 bytes; libpq's own servers send 32. */
const keyBytes = { '3.0': 4, '3.2': 32 } as const

interface Cancelable {
  secretKey: Uint8Array
  cancel(): void
}

/**
 * Who may cancel what. Clients get a process number and a secret key of ours;
 * a request that shows both is passed on with the target's own, so a run can
 * only ever cancel what it started.
 */
export class Cancels {
  readonly #machine: Machine
  readonly #sessions = new Map<number, Cancelable>()

  constructor(machine: Machine) {
    this.#machine = machine
  }

  /** Gives a session its key, and the way to forget it. */
  add(version: '3.0' | '3.2', cancel: () => void): { processId: number; secretKey: Uint8Array; remove: () => void } {
    let processId
    do {
      processId = new DataView(Uint8Array.from(this.#machine.random(4)).buffer).getInt32(0) & 0x7fffffff
    } while (processId === 0 || this.#sessions.has(processId))
    const secretKey = this.#machine.random(keyBytes[version])
    this.#sessions.set(processId, { secretKey, cancel })
    return { processId, secretKey, remove: () => this.#sessions.delete(processId) }
  }

  /** Cancels what the key belongs to. Answers nothing either way, as PostgreSQL does. */
  request(processId: number, secretKey: Uint8Array): void {
    const session = this.#sessions.get(processId)
    if (session && sameBytes(session.secretKey, secretKey)) session.cancel()
  }
}

/** Passes a cancel request on to the target, on a connection of its own. */
export async function cancelAtTarget(
  machine: Machine,
  target: { address: Address; processId: number; secretKey: Uint8Array; timeoutMs: number },
): Promise<void> {
  const socket = await machine.network.connect(target.address, { timeoutMs: target.timeoutMs })
  await new Promise<void>(resolve => {
    socket.onData(() => {})
    socket.onEnd(() => resolve())
    socket.write(writeCancelRequest(target.processId, target.secretKey))
    socket.end()
  })
  socket.destroy()
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!
  return difference === 0
}
