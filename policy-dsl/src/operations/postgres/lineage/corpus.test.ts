import { describe, expect, it } from 'vitest'
import { corpusCatalogue, corpusSchema, corpusSecrets, peculiarCatalogue, peculiarSchema } from './corpus.ts'

// The corpus is planned with the catalogues and run, elsewhere, on the schemas: both must tell of the same world.

describe('the schemas of the corpus', () => {
  it('make every relation that their catalogues have', () => {
    for (const [schema, catalogue] of [
      [corpusSchema, corpusCatalogue],
      [corpusSchema + peculiarSchema, peculiarCatalogue],
    ] as const)
      for (const { schema: namespace, name } of catalogue.relations.filter(one => one.oid >= 1000 && !one.schema.startsWith('pg_')))
        expect(schema, name).toMatch(new RegExp(`\\b(?:TABLE|VIEW) (?:${namespace}\\.)?${name}\\b`, 'i'))
  })

  it('hold every secret that is looked for', () => {
    for (const secret of corpusSecrets) expect(corpusSchema).toContain(secret)
  })
})
