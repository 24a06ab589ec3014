import { expect, it } from 'vitest'
import { corpusFiles } from './corpus-files.ts'

// `vitest -u` writes them anew.
it.each(Object.entries(corpusFiles))('%s holds what the corpus does', async (name, text) => {
  await expect(text).toMatchFileSnapshot(`../../../corpus/${name}`)
})

it('no text stands in the corpus twice', () => {
  for (const [name, part] of [
    ['attacks.json', 'seeing'],
    ['ordinary.json', 'statements'],
  ] as const) {
    const texts: string[] = JSON.parse(corpusFiles[name])[part].map(([text]: [string]) => text)
    expect(texts.filter((text, at) => texts.indexOf(text) !== at)).toEqual([])
  }
})
