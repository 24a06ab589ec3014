import type { TargetInfo } from '../api.ts'

/** One way to reach a target, ready to paste. */
export interface Snippet {
  title: string
  why: string
  code: string
}

/** Gives the ways to reach a target, the shortest first. A target's name goes through `shellWord`, never bare. */
export function connectSnippets(target: TargetInfo): Snippet[] {
  return clients[target.protocol]?.(target.name) ?? [anyClient(target.name)]
}

function anyClient(name: string): Snippet {
  return {
    title: 'Any client',
    why: 'The child finds the address and a credential of its own in its environment.',
    code: `npx steno run --target ${shellWord(name)} --task my-task -- env`,
  }
}

const clients: Record<string, (name: string) => Snippet[]> = {
  postgres: name => [
    {
      title: 'psql',
      why: 'A run of its own, ended with psql’s exit code.',
      code: `npx steno run --target ${shellWord(name)} --task look-around -- psql`,
    },
    {
      title: 'An agent',
      why: 'Any program that reads DATABASE_URL, or PGHOST and its like, works unchanged.',
      code: `npx steno run --target ${shellWord(name)} --agent my-agent --task nightly -- python agent.py`,
    },
    {
      title: 'Python, psycopg',
      why: 'Inside the run, the environment holds everything.',
      code: `import os, psycopg\n\nwith psycopg.connect(os.environ["DATABASE_URL"]) as connection:\n    print(connection.execute("select now()").fetchone())`,
    },
    {
      title: 'Node, node-postgres',
      why: 'Inside the run, the environment holds everything.',
      code: `import pg from 'pg'\n\nconst client = new pg.Client({ connectionString: process.env.DATABASE_URL })\nawait client.connect()\nconsole.log((await client.query('select now()')).rows)\nawait client.end()`,
    },
    {
      title: 'Without the command line',
      why: 'Open a run yourself: the answer holds its token and one address per target.',
      code: `curl -s -X POST "$STENO_URL/api/runs" \\\n  -H "authorization: Bearer $AGENT_SECRET" \\\n  -H "content-type: application/json" \\\n  -d ${shellWord(JSON.stringify({ task: 'nightly', targets: [name] }))}`,
    },
  ],
}

/** Gives text as one word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
