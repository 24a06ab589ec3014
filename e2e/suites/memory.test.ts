import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type Gateway } from '../support/gateway.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { rawLogin } from '../support/raw-login.ts'
import { message } from '../support/raw.ts'

let postgres: Postgres
let gateway: Gateway

beforeAll(async () => {
  postgres = await startPostgres()
  gateway = await startGateway(postgres)
})

afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
})

function residentMb(): number {
  const status = readFileSync(`/proc/${gateway.process.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024
}

describe('memory stays bounded', () => {
  it('when a client never reads its answer', async () => {
    const run = await gateway.run()
    const before = residentMb()
    const raw = await rawLogin(gateway.port, run)
    raw.socket.pause()
    raw.send(message('Q', "select g, repeat('x', 1000) from generate_series(1, 2000000) g\0"))
    let peak = 0
    for (let i = 0; i < 40; i++) {
      await new Promise(resolve => setTimeout(resolve, 100))
      peak = Math.max(peak, residentMb())
    }
    expect(peak - before).toBeLessThan(150)
    raw.socket.destroy()
  })

  it('when an answer has two gigabytes', async () => {
    const run = await gateway.run()
    const before = residentMb()
    const raw = await rawLogin(gateway.port, run)
    let received = 0
    let peak = 0
    const done = new Promise<void>(resolve => {
      raw.socket.removeAllListeners('data')
      raw.socket.on('data', bytes => {
        received += bytes.length
        if (bytes.length >= 6 && bytes.subarray(-6).toString('latin1') === 'Z\0\0\0\x05I') resolve()
      })
    })
    raw.send(message('Q', "select repeat('x', 100000) from generate_series(1, 20000) g\0"))
    const look = setInterval(() => (peak = Math.max(peak, residentMb())), 50)
    await done
    clearInterval(look)
    expect(received).toBeGreaterThan(2_000_000_000)
    console.log(
      `memory: ${before.toFixed(0)} MB before, ${peak.toFixed(0)} MB at most during an answer of ${(received / 1e9).toFixed(2)} GB`,
    )
    expect(peak - before).toBeLessThan(250)
    raw.socket.destroy()
  }, 180_000)
})
