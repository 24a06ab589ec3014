import { z } from 'zod'
import { addedAgent, agent, createdToken, listOf } from '../api/schemas.ts'
import { roles } from '../identity/roles.ts'
import { UsageError } from './cli-error.ts'
import { createClient } from './client.ts'
import { readArgs, type CliCommand } from './command-line.ts'
import { writeTable } from './table.ts'
import { understood } from './understood.ts'

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
  usage: `create --role ROLE [--group G]… [--name NAME]`,
  help: `  --role ROLE   ${roles.join(', ')}
  --group G     a group whose members rules may ask for consent; more than one may
                be given
  --name NAME   what it is called, which is who votes; the role when left out
  --json        the answer as JSON`,
  async run(args, shell) {
    const { values, positionals } = readArgs(args, {
      role: { type: 'string' },
      group: { type: 'string', multiple: true },
      name: { type: 'string' },
      json: { type: 'boolean' },
    })
    if (positionals.join(' ') !== 'create') throw new UsageError('expected create')
    const role = roles.find(known => known === values.role)
    if (!role) throw new UsageError(`--role: expected one of ${roles.join(', ')}`)
    const asked = { role, name: values.name ?? role, groups: values.group ?? [] }
    const created = understood(createdToken, await createClient(shell).ask('POST', '/api/tokens', asked))
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
  usage: '[--name NAME] [--role ROLE] [--group G]…',
  help: `  --name NAME   who it is for; admin when left out
  --role ROLE   ${roles.join(', ')}; admin when left out
  --group G     a group whose members rules may ask for consent; more than one may
                be given`,
  async run(args, shell) {
    const { values } = readArgs(args, {
      name: { type: 'string', default: 'admin' },
      role: { type: 'string', default: 'admin' },
      group: { type: 'string', multiple: true },
    })
    const { name, role, group: groups = [] } = values
    const client = createClient(shell)
    const { path } = understood(z.object({ path: z.string() }), await client.ask('POST', '/api/sign-in/links', { name, role, groups }))
    shell.out(`${client.url}${path}\n`)
    return 0
  },
}

function demand(name: string | undefined): string {
  if (!name) throw new UsageError('expected a name')
  return name
}
