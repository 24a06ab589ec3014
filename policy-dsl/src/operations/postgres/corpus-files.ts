import { hiding, hidingSchema } from './hiding-corpus.ts'
import { seeingObjects, seeingThrough } from './lineage/corpus-objects.ts'
import { seeingSteps } from './lineage/corpus-steps.ts'
import { dumpQueries, psqlQueries } from './lineage/corpus-tools.ts'
import { attacks, corpusSchema, corpusSecrets, ordinary } from './lineage/corpus.ts'

/** The corpus as files that whoever does not read TypeScript can use, by their names: the end-to-end tests run them on a real server. */
export const corpusFiles: Readonly<Record<'attacks.json' | 'ordinary.json', string>> = {
  'attacks.json': fileOf({
    about:
      'What must not get through. `hiding`: statements that change, destroy or get out of a database made by `hidingSchema`, each a name and the texts sent one after the other; {dir} is a directory of the target. `seeing`: ways to columns `email` and `ssn` of the table `customers` made by `seeingSchema`, each with what a plan says of its last statement; `seeingSteps`: the same in several texts, which make what they need in a schema `made`; `seeingThrough`: the same through `seeingObjects`, which the database has beforehand.',
    hidingSchema,
    hiding,
    seeingSchema: corpusSchema.trim().split('\n'),
    secrets: corpusSecrets,
    seeing: attacks,
    seeingSteps,
    seeingObjects,
    seeingThrough,
  }),
  'ordinary.json': fileOf({
    about:
      'What must get through while `customers.email` and `customers.ssn` are masked, on the `seeingSchema` of attacks.json: `statements` with the plan of their last one (`free` is nothing masked), what psql asks for its \\d family, and what pg_dump asks.',
    statements: ordinary,
    psql: psqlQueries,
    dump: dumpQueries,
  }),
}

/** JSON with a line for each entry, so that a change shows as what it is. */
function fileOf(parts: Readonly<Record<string, string | readonly unknown[]>>): string {
  const said = Object.entries(parts).map(([name, part]) => {
    const text =
      typeof part === 'string' ? JSON.stringify(part) : `[\n${part.map(entry => `    ${JSON.stringify(entry)}`).join(',\n')}\n  ]`
    return `  ${JSON.stringify(name)}: ${text}`
  })
  return `{\n${said.join(',\n')}\n}\n`
}
