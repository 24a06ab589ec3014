import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Gateway } from './gateway.ts'
import { house } from './machine.ts'

const corpus = (file: string) => JSON.parse(readFileSync(join(house, 'policy-dsl/corpus', file), 'utf8'))

/** Statements that hide what they do, and ways to masked columns: data that the unit tests read too. */
export const attacks: {
  hidingSchema: string[]
  hiding: { name: string; steps: string[] }[]
  seeingSchema: string[]
  secrets: string[]
  seeing: [text: string, outcome: string][]
  seeingSteps: { name: string; steps: string[] }[]
  seeingObjects: string[]
  seeingThrough: { name: string; steps: string[] }[]
} = corpus('attacks.json')

/** What must get through while columns are masked. */
export const ordinary: { statements: [text: string, outcome: string][]; psql: string[]; dump: string[] } = corpus('ordinary.json')

/** A policy that lets nothing destroy, get out, or hide what it does. */
export const strictPolicy = `
const ways = ['pg_read_file', 'pg_read_binary_file', 'pg_ls_dir', 'lo_import', 'lo_export', 'pg_reload_conf', 'pg_terminate_backend']

rule('no change of every row', {
  on: target('shop'),
  when: op => (op.verb === 'DELETE' || op.verb === 'UPDATE') && !op.hasWhere,
  effect: forbid('it would change every row', { hint: 'say which rows with WHERE' }),
})
rule('nothing is dropped', {
  on: target('shop'),
  when: op => ['DROP', 'TRUNCATE', 'ALTER', 'LOAD'].includes(op.verb),
  effect: forbid('what is there stays there'),
})
rule('no files, no programs, no servers', {
  on: target('shop'),
  when: op => (op.verb === 'COPY' && (op.object.endsWith('PROGRAM') || op.object.endsWith('FILE'))) || op.object.startsWith('server '),
  effect: forbid('nothing leaves by the back door', { hint: 'COPY TO STDOUT' }),
})
rule('no dangerous functions', {
  on: target('shop'),
  when: op => ways.some(name => op.functions.includes(name) || op.functions.includes('pg_catalog.lo_export')),
  effect: forbid('this function reaches out of the database'),
})
rule('nobody else', {
  on: target('shop'),
  when: op => (op.verb === 'SET' && ['role', 'session_authorization', 'search_path'].includes(op.object)) || op.functions.includes('set_config'),
  effect: forbid('a session stays who and where it is'),
})
rule('nothing hidden', {
  on: target('shop'),
  when: op => op.isOpaque || op.verb === 'OPAQUE' || op.verb === 'UNPARSED',
  effect: forbid('it cannot be told what this would do', { hint: 'say it in plain SQL' }),
})
test('a plain DELETE', shop\`DELETE FROM t\`, 'deny')
test('one row', shop\`DELETE FROM t WHERE id = 1\`, 'allow')
`

/** Masks two columns of every table `customers`, for everybody. */
export const maskingPolicy = `
rule('hide personal data', {
  on: postgres(),
  effect: mask({ columns: ['customers.email', 'customers.ssn'], with: 'redact' }),
})
`

/** Publishes a policy, which must work. */
export async function publish(gateway: Gateway, name: string, source: string): Promise<string> {
  const { status, body } = await gateway.call('PUT', `/api/policies/${name}`, { source })
  if (status !== 200 && status !== 201) throw new Error(`PUT /api/policies/${name}: ${status} ${JSON.stringify(body)}`)
  return body.version
}

/** Takes every policy out of force. */
export async function lawless(gateway: Gateway): Promise<void> {
  const { body } = await gateway.call('GET', '/api/policies')
  for (const { name } of body.items) await gateway.call('DELETE', `/api/policies/${name}`)
}

/** Recorded commands of a run with what was answered, oldest first in each session. */
export function commandsOf(gateway: Gateway, run: string): { command: any; parts: any[]; decisions: any[]; line: string }[] {
  return gateway
    .recordings()
    .filter(({ header }) => header.steno.run.id === run)
    .flatMap(({ events }) =>
      events
        .filter(event => event.code === 'q')
        .map(({ data }) => ({
          command: data,
          parts: events.flatMap(other => (other.code === 'a' && other.data.n === data.n ? other.data.parts : [])),
          decisions: events.flatMap(other => (other.code === 'd' && other.data.n === data.n ? [other.data.decision] : [])),
          line: JSON.stringify(data),
        })),
    )
}
