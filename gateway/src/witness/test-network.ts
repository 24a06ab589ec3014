import { noteVerifier, parseTlogPolicy, parseVerifierKey, type TlogPolicy } from '@steno/recordings'
import { sha256, verifyEd25519 } from '../runtime/crypto.ts'
import { readAnswer, type AskHttp } from '../runtime/http-client.ts'
import { SimulatedMachine } from '../runtime/simulated.ts'
import { Witness, type LogToWatch } from './witness.ts'
import { witnessApi } from './witness-api.ts'

interface Served {
  witness: Witness
  app: ReturnType<typeof witnessApi>
  machine: SimulatedMachine
  /** How it fails its clients. */
  fault: 'down' | 'silent' | 'forgets to answer' | null
}

/** Real witnesses behind their real API, without a wire between, reached as `http://<name>`. */
export class TestNetwork {
  readonly #served = new Map<string, Served>()
  /** What was asked, as `POST w1/add-checkpoint`. */
  readonly asked: string[] = []

  /** Starts a witness, or starts one again on its disk. */
  serve(
    name: string,
    logs: LogToWatch[],
    machine = this.#served.get(name)?.machine ?? new SimulatedMachine({ seed: 100 + this.#served.size }),
  ): Witness {
    machine.disk.makeDirectory('/w')
    const witness = new Witness(machine, { name: `${name}.example`, keyPath: '/w/witness.key', directory: '/w/logs', logs, log: () => {} })
    this.#served.set(name, { witness, app: witnessApi(witness), machine, fault: null })
    return witness
  }

  fail(name: string, fault: Served['fault']): void {
    this.#of(name).fault = fault
  }

  /** A policy over the witnesses that are served: so many of them are a quorum. */
  policy(quorum: number | 'none'): TlogPolicy {
    const names = [...this.#served.keys()]
    const lines = [
      ...names.map(name => `witness ${name} ${this.#of(name).witness.vkey} http://${name}`),
      ...(quorum === 'none' ? ['quorum none'] : [`group enough ${quorum} ${names.join(' ')}`, 'quorum enough']),
    ]
    return parseTlogPolicy(sha256, new TextEncoder().encode(`${lines.join('\n')}\n`))
  }

  verifier(name: string) {
    return noteVerifier(parseVerifierKey(sha256, this.#of(name).witness.vkey), verifyEd25519)
  }

  readonly ask: AskHttp = async ({ method, url, body, answerBytesMax, signal }) => {
    const { hostname, pathname } = new URL(url)
    this.asked.push(`${method} ${hostname}${pathname}`)
    const { app, fault } = this.#of(hostname)
    if (fault === 'down') throw new Error('connect ECONNREFUSED')
    if (fault === 'silent') await aborted(signal)
    const answer = await app.request(url, { method, ...(body ? { body: Uint8Array.from(body) } : {}) })
    if (fault === 'forgets to answer') throw new Error('socket hang up')
    return readAnswer(answer, answerBytesMax)
  }

  #of(name: string): Served {
    const served = this.#served.get(name)
    if (!served) throw new Error(`getaddrinfo ENOTFOUND ${name}`)
    return served
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
}
