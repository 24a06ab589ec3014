import { compile, emptyLiveSchema } from '@steno/policy-dsl'
import { expect, it } from 'vitest'
import { snippetsFor } from './snippets.ts'
import { testWorld } from './test-world.ts'

/** A snippet as it is before anything is filled in. */
function asOffered(body: string): string {
  const choices = body.replaceAll(/\$\{\d+\|([^,|]*)[^|]*\|\}/g, '$1')
  return choices.replaceAll(/\$\{\d+:((?:[^}\\]|\\.)*)\}/g, (_, text: string) => text.replaceAll(/\\(.)/g, '$1'))
}

const worlds = {
  'a known world': testWorld,
  'nothing known': emptyLiveSchema,
  'a target that did not tell': { ...testWorld, targets: testWorld.targets.slice(1) },
}

for (const [what, live] of Object.entries(worlds))
  it.each(snippetsFor(live).map(({ label, body }) => [label, body]))(`with ${what}: \`%s\` compiles as it is offered`, (_, body) => {
    const source = asOffered(body)
    expect(source).not.toContain('${')
    expect(compile(source, { live }).problems).toEqual([])
  })

it('ask for names of the live world', () => {
  expect(snippetsFor(testWorld).find(({ label }) => label === 'mask')?.body).toContain('shop.customers.id')
})

it('keep what a database calls its things from meaning something to the editor', () => {
  const live = structuredClone(testWorld)
  live.approvers = ['${1:oops}']
  expect(snippetsFor(live).find(({ label }) => label === 'hold')?.body).toContain("by: '${3:\\${1:oops\\}}'")
})
