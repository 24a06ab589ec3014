import type { Operation } from '@steno/recordings'
import { createParser, type LiveSchema } from '@steno/policy-dsl'
import type { LawfulCommand, LawfulSession } from '../guard/law.ts'
import { Ledger } from '../journal/ledger.ts'
import { loadParserWasm } from '../runtime/parser-wasm.ts'
import { SimulatedMachine } from '../runtime/simulated.ts'
import type { PolicyWorld } from './check-policy.ts'
import { Policies } from './policies.ts'

/** A shop and a billing target, known with their columns; people and agents. */
export const knownWorld: LiveSchema = {
  targets: [
    {
      name: 'shop',
      protocol: 'postgres',
      labels: { env: 'prod' },
      schemas: [
        {
          name: 'public',
          isDefault: true,
          tables: [
            { name: 'orders', columns: [{ name: 'id', type: 'int4' }] },
            { name: 'customers', columns: [{ name: 'email', type: 'text' }] },
          ],
        },
      ],
    },
    { name: 'billing', protocol: 'postgres', labels: { env: 'test' }, schemas: null },
  ],
  groups: ['etl'],
  agents: ['backfill'],
  approvers: ['dba'],
}

/** A policy of one rule, which forbids a verb in production, and a test of it. */
export function forbidding(verb: string, { because = 'not here', verdict = 'deny' } = {}): string {
  return `rule('no ${verb}', {
  on: postgres({ env: 'prod' }),
  when: op => op.verb === '${verb}',
  effect: forbid('${because}'),
})
test('${verb} is refused', shop\`${statements[verb]}\`, '${verdict}')
`
}

const statements: Record<string, string> = {
  DELETE: 'DELETE FROM orders',
  UPDATE: 'UPDATE orders SET id = 1',
  INSERT: 'INSERT INTO orders VALUES (1)',
  SELECT: 'SELECT id FROM orders',
}

const parser = await createParser({ loadWasm: loadParserWasm })

/** What policies are checked against in tests: real statements, read by the real parser. */
export const testWorld: PolicyWorld = { live: () => knownWorld, operations: (_, statement) => parser.operations(statement) }

/** The policies of a gateway on a simulated machine; a second call on the same machine is its next start. */
export function startPolicies(machine = new SimulatedMachine(), { live = () => knownWorld }: { live?: () => LiveSchema } = {}) {
  if (!machine.disk.exists('/data')) machine.disk.makeDirectory('/data')
  const { ledger, entries } = Ledger.open(machine, { directory: '/data', onSyncFailed: () => {} })
  const complaints: string[] = []
  const policies = new Policies({
    clock: machine.clock,
    ledger,
    entries,
    world: { ...testWorld, live },
    onProblem: message => complaints.push(message),
  })
  return { machine, ledger, policies, complaints }
}

export function sessionAt(target: string, run = 'run_1'): LawfulSession {
  const known = knownWorld.targets.find(({ name }) => name === target)!
  return {
    id: `session-of-${run}`,
    run: { id: run, attempt: 1, task: null, trigger: null, agentVersion: null, parent: null },
    rootRun: run,
    principal: { kind: 'agent', name: 'backfill', groups: ['etl'] },
    delegation: [],
    target: { name: target, protocol: known.protocol, labels: known.labels },
    client: { address: '127.0.0.1:5', application: null },
    startedAtUs: 0,
  }
}

export function commandOf(verb: string): LawfulCommand {
  return { kind: 'query', text: statements[verb] ?? verb, transaction: 'idle', operations: [operationOf(verb)], before: 0 }
}

export function operationOf(verb: string): Operation {
  return { verb, tables: ['orders'], columns: [], hasWhere: false }
}
