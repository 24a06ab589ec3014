import { expect, it } from 'vitest'
import { connectSnippets, shellWord } from './snippets.ts'

it('makes one shell word of anything', () => {
  expect(shellWord('shop')).toBe('shop')
  expect(shellWord('my shop')).toBe("'my shop'")
  expect(shellWord("a'; rm -rf ~; '")).toBe(`'a'\\''; rm -rf ~; '\\'''`)
  expect(shellWord('--task')).toBe("'--task'")
  expect(shellWord('')).toBe("''")
})

it('names the target in every command that reaches it', () => {
  const snippets = connectSnippets({
    name: 'shop',
    protocol: 'postgres',
    address: '127.0.0.1:5432',
    database: 'shop',
    labels: {},
    listen: null,
  })
  expect(snippets[0]?.code).toBe('npx steno run --target shop --task look-around -- psql')
  expect(snippets.some(snippet => snippet.code.includes('"targets":["shop"]'))).toBe(true)
})

it('keeps a name with blanks and quotes one word, and JSON', () => {
  const snippets = connectSnippets({ name: `my 'shop'`, protocol: 'postgres', address: 'x', database: null, labels: {}, listen: null })
  expect(snippets[0]?.code).toContain(`--target ${shellWord(`my 'shop'`)} `)
  expect(snippets.at(-1)?.code).toContain(String.raw`"targets":["my '\''shop'\''"]`)
})

it('has a way in for a protocol it does not know', () => {
  expect(connectSnippets({ name: 'q', protocol: 'amqp', address: 'x', database: null, labels: {}, listen: null })).toHaveLength(1)
})
