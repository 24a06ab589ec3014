import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startGateway, type Gateway } from '../support/gateway.ts'
import { publish } from '../support/law.ts'
import { until } from '../support/machine.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { message } from '../support/raw.ts'
import { Wire } from '../support/wire.ts'

let postgres: Postgres
let gateway: Gateway

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.sql('CREATE TABLE notes (id int)')
  gateway = await startGateway(postgres)
})

afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
})

const query = (text: string) => message('Q', `${text}\0`)

it('ends when it is asked to and waits for nobody, whatever its sessions are in, and closes every recording', async () => {
  const rule = `rule('held', { on: postgres(), when: op => op.verb === 'DELETE', effect: requireApproval({ by: 'admin', within: '15m' }) })`
  await publish(gateway, 'held', rule)
  const run = await gateway.run({ task: 'until the end' })
  const open = () => Wire.open(gateway.port, run)
  const [resting, busy, held, copying, half, deaf] = [await open(), await open(), await open(), await open(), await open(), await open()]
  await resting.ask('BEGIN')
  busy.send(query('SELECT pg_sleep(600)'))
  held.send(query('DELETE FROM notes WHERE id = 1'))
  copying.send(query('COPY notes FROM STDIN'))
  half.send(message('P', 's\0SELECT 1\0', Buffer.alloc(2)))
  deaf.stopReading()
  deaf.send(query("SELECT repeat('x', 1000) FROM generate_series(1, 1000000)"))
  const silent = connect(gateway.port, '127.0.0.1')
  await once(silent, 'connect')
  await until('a command to be held', async () => (await gateway.call('GET', '/api/approvals?state=pending')).body.items.length === 1)

  const exited = once(gateway.process, 'exit')
  gateway.process.kill('SIGTERM')
  const [code] = await exited
  expect(code).toBe(0)
  const ends = gateway.recordings().map(({ events }) => events.at(-1))
  expect(ends).toHaveLength(6)
  for (const end of ends) expect(end).toMatchObject({ code: 'e', data: { reason: 'gateway stopped' } })
  for (const wire of [resting, busy, held, copying, half, deaf]) wire.close()
  silent.destroy()
  await gateway.start()
  expect(gateway.log()).not.toContain('was open when the gateway died')
})
