import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Run } from './gateway.ts'
import { psql } from './gateway.ts'

/** Every statement holds numbers of thirteen digits, each drawn once: whoever has seen one has seen that statement. */
const script = `
\\set a random(1000000000000, 9999999999999)
\\set b random(1000000000000, 9999999999999)
\\set c random(1000000000000, 9999999999999)
begin;
insert into marks values (:a, 'x');
select name, :b::bigint from marks where mark = :a limit 3;
update marks set name = 'y' where mark = :a and :c::bigint > 0;
commit;
`

/** What the load needs of its target. */
export const marksTable = 'create table marks (mark bigint, name text); create index on marks (mark)'

/** The marks in a text. */
export function marksIn(text: string): Set<string> {
  return new Set(text.match(/(?<!\d)\d{13}(?!\d)/g))
}

export interface Load {
  /** Settles when all clients are gone; gives the marks of answers that one of them was shown. */
  over: Promise<{ answered: Set<string> }>
}

/** pgbench in one of its modes, and a psql that keeps what it is answered, until the gateway goes away. */
export function startLoad(run: Run, { directory, mode, clients }: { directory: string; mode: string; clients: number }): Load {
  const file = join(directory, 'load.sql')
  writeFileSync(file, script)
  const env = { ...process.env, ...run.env }
  const bench = spawn('pgbench', ['-n', '-f', file, '-M', mode, '-c', String(clients), '-T', '60', 'shop'], { env, stdio: 'ignore' })
  const benched = new Promise<void>((resolve, reject) => {
    bench.on('error', reject)
    bench.on('exit', () => resolve())
  })
  const first = 1e12 + Math.floor(Math.random() * 8e12)
  const asked = psql(run.url, Array.from({ length: 3000 }, (_, i) => `select ${first + i};`).join('\n'))
  return { over: Promise.all([asked, benched]).then(([{ stdout }]) => ({ answered: marksIn(stdout) })) }
}
