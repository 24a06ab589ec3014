import { expect, it } from 'vitest'
import { SimulatedMachine } from '../../../runtime/simulated.ts'
import { Mailbox } from '../mailbox.ts'
import { join, Peer, rest, say } from '../test-conversation.ts'
import { SimpleQueries } from './simple-query.ts'

function open(bytesMax = 10_000) {
  const machine = new SimulatedMachine()
  machine.network.cuts = 'every byte'
  const [near, far] = machine.network.pair()
  return { queries: new SimpleQueries(new Mailbox(near), { bytesMax }), target: new Peer(far) }
}

async function answered(bytes: Uint8Array, bytesMax?: number): Promise<unknown> {
  const { queries, target } = open(bytesMax)
  const answer = queries.ask('SELECT 1').catch((error: unknown) => error)
  await rest()
  expect(target.messages()).toMatchObject([{ type: 'Q', text: 'SELECT 1\0' }])
  target.socket.write(bytes)
  return answer
}

it('gives the rows of all statements', async () => {
  const answer = join(
    say.notice('hm'),
    say.columns('a'),
    say.row('1'),
    say.row(null),
    say.done('SELECT 2'),
    say.row('é'),
    say.done('SELECT 1'),
  )
  expect(await answered(join(answer, say.ready()))).toEqual([['1'], [null], ['é']])
})

it('throws the first error once the target is ready again', async () => {
  const { queries, target } = open()
  const failed = queries.ask('SELECT 1/0').catch((error: unknown) => error)
  await rest()
  target.socket.write(join(say.error('22012', 'division by zero'), say.ready()))
  expect(await failed).toMatchObject({ name: 'QueryFailed', notice: { code: '22012' } })
  const next = queries.ask('SELECT 1')
  target.socket.write(join(say.row('1'), say.ready()))
  expect(await next).toEqual([['1']])
})

it('does not take more than it may', async () => {
  expect(await answered(join(...Array.from({ length: 20 }, () => say.row('x'.repeat(50)))), 1000)).toMatchObject({ name: 'AnswerTooLong' })
})

it('does not take an answer to something else', async () => {
  expect(await answered(say.copyOut)).toMatchObject({ name: 'WireError' })
})
