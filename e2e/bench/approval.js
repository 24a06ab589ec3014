// From a person's vote to the answer of the command that waited for it, as both
// see it: the vote leaves over HTTP, psql prints what came back. Between them
// are the ledger's fsyncs, the second look at the command, and the target.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { median, percentile, printTable } from './numbers.js'

/** What the gateway that is measured judges by. */
export const approvalPolicy = `
rule('a person looks first', {
  on: postgres(),
  when: op => op.verb === 'UPDATE' && op.tables.includes('held'),
  effect: requireApproval({ by: 'admin', within: '5m' }),
})
`

/**
 * Measures and prints. `way` is a gateway with the policy above, `sql` runs a
 * text at its target; `samples` commands wait in each round.
 */
export async function benchApproval({ rounds, samples, way, sql }) {
  await sql('create table held (id int primary key, n int not null); insert into held values (1, 0)')
  const psql = openPsql(way.env)
  const statement = n => `update held set n = ${n} where id = 1 returning n;`
  const decided = []
  const granted = []
  try {
    for (let round = -1; round < rounds; round++) {
      const decisions = new Float64Array(samples)
      for (let i = 0; i < samples; i++) {
        const answer = psql.ask(statement(i))
        const asked = await pending(way)
        const began = performance.now()
        const voted = review(way, asked, {})
        await answer
        decisions[i] = performance.now() - began
        await voted
      }
      // The next of its shape wait for nobody, and take the same path.
      const first = psql.ask(statement(0))
      await review(way, await pending(way), { forMinutes: 5 })
      await first
      const passes = new Float64Array(samples)
      for (let i = 0; i < samples; i++) {
        const began = performance.now()
        await psql.ask(statement(i))
        passes[i] = performance.now() - began
      }
      await takeBack(way)
      if (round < 0) continue
      decided.push([percentile(decisions, 0.5), percentile(decisions, 0.99)])
      granted.push([percentile(passes, 0.5), percentile(passes, 0.99)])
    }
  } finally {
    psql.close()
  }
  printTable(
    `Held commands: ${rounds} rounds of ${samples}`,
    ['p50 ms', 'p99 ms'],
    [
      ['decision to answer', decided],
      ['a command whose shape is approved', granted],
    ].map(([label, taken]) => [label, ...[0, 1].map(column => median(taken.map(one => one[column])))]),
  )
}

function openPsql(env) {
  const child = spawn('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', 'bench'], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const waiting = []
  createInterface({ input: child.stdout }).on('line', () => waiting.shift()?.resolve())
  child.on('close', code => waiting.splice(0).forEach(({ reject }) => reject(new Error(`psql ended with ${code}`))))
  return {
    ask(text) {
      const answered = new Promise((resolve, reject) => waiting.push({ resolve, reject }))
      child.stdin.write(`${text}\n`)
      return answered
    },
    close: () => child.stdin.end(),
  }
}

async function pending({ call }) {
  for (const end = performance.now() + 10_000; performance.now() < end; await wait(2)) {
    const { items } = await (await call('GET', '/api/approvals?state=pending&limit=1')).json()
    if (items.length > 0) return items[0]
  }
  throw new Error('expected a command that waits')
}

async function review({ call }, { id, digest }, more) {
  const answer = await call('POST', `/api/approvals/${id}/reviews`, { vote: 'approve', comment: '', digest, ...more })
  if (!answer.ok) throw new Error(`no vote: ${answer.status} ${await answer.text()}`)
  await answer.arrayBuffer()
}

async function takeBack({ call }) {
  const { items } = await (await call('GET', '/api/approvals?grant=open')).json()
  for (const { id } of items) await call('DELETE', `/api/approvals/${id}/grant`)
}
