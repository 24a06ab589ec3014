import type { Address, AppendFile, Clock, Disk, Listener, Lock, Machine, Network, Socket } from './machine.ts'
import type { SimulatedMachine } from './simulated.ts'
import type { SimulatedSocket } from './simulated-network.ts'

/**
 * A program's life on a simulated machine, which ends where a test wants. What
 * it does to the disk and to its sockets are its steps; killed before or in
 * the middle of any of them, it does nothing more: its files keep what they
 * have, its lock and its ports are free, and its peers see it gone.
 */
export class SimulatedProcess implements Machine {
  readonly random: Machine['random']
  readonly clock: Clock
  readonly disk: Disk
  readonly network: Network
  readonly #machine: SimulatedMachine
  readonly #chance: () => number
  readonly #sockets = new Set<SimulatedSocket>()
  readonly #endings = new Set<() => void>()
  #steps = 0
  #diesAtStep = Number.POSITIVE_INFINITY
  #isDead = false
  /** Told once, when it is killed. */
  onDeath: () => void = () => {}

  constructor(machine: SimulatedMachine, chance: () => number) {
    this.#machine = machine
    this.#chance = chance
    this.random = sizeBytes => machine.random(sizeBytes)
    this.clock = this.#ownClock()
    this.disk = this.#ownDisk()
    this.network = this.#ownNetwork()
  }

  get steps(): number {
    return this.#steps
  }

  get isDead(): boolean {
    return this.#isDead
  }

  /** Kills it when it takes so many more steps, in the middle of the last. */
  killAfterSteps(steps: number): void {
    this.#diesAtStep = this.#steps + steps
  }

  kill(): void {
    if (this.#isDead) return
    this.#isDead = true
    for (const end of this.#endings) end()
    // The kernel says goodbye for it, or resets what had bytes waiting.
    for (const socket of this.#sockets) {
      if (this.#chance() < 0.5) socket.destroy()
      else socket.breakAfter(0)
    }
    this.onDeath()
  }

  /** Does a step as far as it comes: whole, or as `torn` says when it dies of it, or not at all. */
  #step<T>(nothing: T, whole: () => T, torn: () => void = () => void (this.#chance() < 0.5 && whole())): T {
    if (this.#isDead) return nothing
    if (++this.#steps < this.#diesAtStep) return whole()
    try {
      torn()
    } finally {
      this.kill()
    }
    return nothing
  }

  /** What a dead program waits for never comes. */
  #whileAlive<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        value => this.#isDead || resolve(value),
        (error: unknown) => this.#isDead || reject(error instanceof Error ? error : new Error(String(error))),
      )
    })
  }

  #ownClock(): Clock {
    const { clock } = this.#machine
    return {
      nowUs: () => clock.nowUs(),
      monotonicUs: () => clock.monotonicUs(),
      after: (delayMs, run) => {
        if (this.#isDead) return { cancel() {} }
        return clock.after(delayMs, () => {
          if (!this.#isDead) run()
        })
      },
    }
  }

  #ownDisk(): Disk {
    const { disk } = this.#machine
    return {
      append: (path, options) => this.#step<AppendFile>(inert, () => this.#ownFile(disk.append(path, options))),
      read: path => disk.read(path),
      readRange: (path, range) => disk.readRange(path, range),
      sizeBytes: path => disk.sizeBytes(path),
      exists: path => disk.exists(path),
      list: path => disk.list(path),
      makeDirectory: path => this.#step(undefined, () => disk.makeDirectory(path)),
      replace: (path, content) =>
        this.#step(
          undefined,
          () => disk.replace(path, content),
          () => {
            if (this.#chance() < 0.3) disk.replace(path, content)
            else
              disk.append(`${path}.new`, { exclusive: false }).write(this.#part(content instanceof Uint8Array ? content : joined(content)))
          },
        ),
      // What it writes takes its time, and only who is still alive then renames it.
      replaceLater: async (path, content) => {
        await this.#whileAlive(disk.takeTime())
        this.disk.replace(path, content)
        if (this.#isDead) await forever()
      },
      truncate: (path, sizeBytes) => this.#step(undefined, () => disk.truncate(path, sizeBytes)),
      remove: path => this.#step(undefined, () => disk.remove(path)),
      discard: path => this.#step(undefined, () => disk.discard(path)),
      destroy: path => this.#step(undefined, () => disk.destroy(path)),
      lock: (path, holder) => this.#whileAlive(disk.lock(path, holder).then(lock => this.#ownLock(lock))),
    }
  }

  #ownFile(file: AppendFile): AppendFile {
    return {
      write: bytes =>
        this.#step(
          undefined,
          () => file.write(bytes),
          () => file.write(this.#part(bytes)),
        ),
      sync: () => this.#step(forever(), () => this.#whileAlive(file.sync())),
      close: () => {
        if (!this.#isDead) file.close()
      },
    }
  }

  #ownLock(lock: Lock): Lock {
    const release = () => void lock.release()
    if (this.#isDead) release()
    this.#endings.add(release)
    return {
      release: async () => {
        this.#endings.delete(release)
        if (!this.#isDead) await lock.release()
      },
    }
  }

  #ownNetwork(): Network {
    const { network } = this.#machine
    return {
      listen: (address, onSocket) => this.#step(forever(), () => this.#whileAlive(this.#listen(address, onSocket))),
      connect: (address, options) =>
        this.#step(forever(), () => this.#whileAlive(network.connect(address, options).then(socket => this.#ownSocket(socket)))),
    }
  }

  async #listen(address: Address, onSocket: (socket: Socket) => void): Promise<Listener> {
    const listener = await this.#machine.network.listen(address, socket => onSocket(this.#ownSocket(socket as SimulatedSocket)))
    const close = () => void listener.close()
    if (this.#isDead) close()
    this.#endings.add(close)
    return {
      address: listener.address,
      close: async () => {
        this.#endings.delete(close)
        if (!this.#isDead) await listener.close()
      },
    }
  }

  #ownSocket(socket: SimulatedSocket): Socket {
    if (this.#isDead) socket.destroy()
    this.#sockets.add(socket)
    return {
      remote: socket.remote,
      tls: socket.tls,
      alpn: socket.alpn,
      onData: handle => socket.onData(bytes => (this.#isDead ? undefined : handle(bytes))),
      onEnd: handle =>
        socket.onEnd(error => {
          this.#sockets.delete(socket)
          if (!this.#isDead) handle(error)
        }),
      write: bytes =>
        this.#step(
          false,
          () => socket.write(bytes),
          () => socket.write(this.#part(bytes)),
        ),
      drained: () => this.#whileAlive(socket.drained()),
      end: () => {
        if (!this.#isDead) socket.end()
      },
      hangUp: () => {
        if (!this.#isDead) socket.hangUp()
      },
      destroy: () => {
        if (!this.#isDead) socket.destroy()
      },
      startServerTls: (tls, rest) => this.#whileAlive(socket.startServerTls(tls, rest)),
      startClientTls: tls => this.#whileAlive(socket.startClientTls(tls)),
      setKeepAlive: () => {},
    }
  }

  #part(bytes: Uint8Array): Uint8Array {
    return bytes.subarray(0, Math.floor(this.#chance() * (bytes.length + 1)))
  }
}

/** A wait of its own for each who waits: one that all share would keep every dead program in memory. */
function forever(): Promise<never> {
  return new Promise(() => {})
}

function joined(pieces: Iterable<Uint8Array>): Uint8Array {
  return Uint8Array.from([...pieces].flatMap(piece => [...piece]))
}

/** The file of a program that is no more. */
const inert: AppendFile = { write() {}, sync: forever, close() {} }
