import { z } from 'zod'
import { addedAgent, agent, createdToken, listOf } from '../api/schemas.ts'
import { roles } from '../identity/roles.ts'
import { CliError, UsageError } from './cli-error.ts'
import { createClient } from './client.ts'
import { readArgs, type CliCommand } from './command-line.ts'
import { writeTable } from './table.ts'

/** `steno agent`: local identities of agents. */
export const agentCommand: CliCommand = {
  name: 'agent',
  summary: 'add, list and remove agents',
  usage: 'add NAME [--group G]… | list | remove NAME',
  help: `  add NAME      prints the agent's secret, this once
  --group G     a group it is in; more than one may be given
  list          all agents, also those of the configuration
  remove NAME   its runs end with it
  --json        answers as JSON`,
  async run(args, shell) {
    const { values, positionals } = readArgs(args, { group: { type: 'string', multiple: true }, json: { type: 'boolean' } })
    const [what, name, ...more] = positionals
    if (more.length > 0) throw new UsageError(`expected one name, got \`${more[0]}\` too`)
    const client = createClient(shell)
    switch (what) {
      case 'add': {
        const added = understood(addedAgent, await client.ask('POST', '/api/agents', { name: demand(name), groups: values.group ?? [] }))
        if (values.json) shell.out(`${JSON.stringify(added)}\n`)
        else {
          shell.err(`agent ${added.agent.name} is there; its secret is shown only now:\n`)
          shell.out(`${added.secret}\n`)
        }
        return 0
      }
      case 'list': {
        const { items } = understood(listOf(agent), await client.ask('GET', '/api/agents'))
        if (values.json) for (const item of items) shell.out(`${JSON.stringify(item)}\n`)
        else
          shell.out(
            writeTable(
              ['NAME', 'FROM', 'GROUPS'],
              items.map(({ name: agentName, declared, groups }) => [agentName, declared ? 'configuration' : 'added', groups.join(', ')]),
              shell.width,
            ),
          )
        return 0
      }
      case 'remove':
        await client.ask('DELETE', `/api/agents/${encodeURIComponent(demand(name))}`)
        return 0
      default:
        throw new UsageError('expected add, list or remove')
    }
  },
}

/** `steno token`: API tokens for automation. */
export const tokenCommand: CliCommand = {
  name: 'token',
  summary: 'create an API token for automation',
  usage: `create --role ROLE [--name NAME]`,
  help: `  --role ROLE   ${roles.join(', ')}
  --name NAME   what it is called; the role when left out
  --json        the answer as JSON`,
  async run(args, shell) {
    const { values, positionals } = readArgs(args, { role: { type: 'string' }, name: { type: 'string' }, json: { type: 'boolean' } })
    if (positionals.join(' ') !== 'create') throw new UsageError('expected create')
    const role = roles.find(known => known === values.role)
    if (!role) throw new UsageError(`--role: expected one of ${roles.join(', ')}`)
    const created = understood(createdToken, await createClient(shell).ask('POST', '/api/tokens', { role, name: values.name ?? role }))
    if (values.json) shell.out(`${JSON.stringify(created)}\n`)
    else {
      shell.err(`token ${created.token.name} is there; its secret is shown only now:\n`)
      shell.out(`${created.secret}\n`)
    }
    return 0
  },
}

/** `steno sign-in-link`: lets a person into the browser. */
export const signInLinkCommand: CliCommand = {
  name: 'sign-in-link',
  summary: 'make a link that signs one person in, once',
  usage: '[--name NAME] [--role ROLE]',
  help: `  --name NAME   who it is for; admin when left out
  --role ROLE   ${roles.join(', ')}; admin when left out`,
  async run(args, shell) {
    const { values } = readArgs(args, { name: { type: 'string', default: 'admin' }, role: { type: 'string', default: 'admin' } })
    const client = createClient(shell)
    const { path } = understood(z.object({ path: z.string() }), await client.ask('POST', '/api/sign-in/links', values))
    shell.out(`${client.url}${path}\n`)
    return 0
  },
}

function demand(name: string | undefined): string {
  if (!name) throw new UsageError('expected a name')
  return name
}

function understood<Shape extends z.ZodType>(shape: Shape, answer: unknown): z.infer<Shape> {
  const read = shape.safeParse(answer)
  if (!read.success) throw new CliError('expected a gateway of this version, got an answer of another shape')
  return read.data
}
