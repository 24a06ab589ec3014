import { isQuorum } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { testKey, testWitnessKey } from '../witness/test-log.ts'
import { ConfigInvalid, readConfig, readWitnessConfig } from './index.ts'

const w1 = testWitnessKey('witness.example/1', 3)
const w2 = testWitnessKey('witness.example/2', 4)
const mlDsaKey = testWitnessKey('witness.example/3', 5, { type: 6, bytes: 1312 })
const logKey = testKey('log.example/1', 1).vkey
const otherLogKey = testKey('log.example/1', 2).vkey

function disk(files: Record<string, string>) {
  return {
    exists: (path: string) => Object.hasOwn(files, path),
    read(path: string) {
      const text = files[path]
      if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
      return new TextEncoder().encode(text)
    },
  }
}

const read = (text: string, more: Record<string, string> = {}) =>
  readConfig({ path: '/etc/steno.yaml', disk: disk({ '/etc/steno.yaml': text, ...more }), env: {}, protocols: {} }).config

const readWitness = (text: string) => readWitnessConfig({ path: '/etc/witness.yaml', disk: disk({ '/etc/witness.yaml': text }), env: {} })

function mistakesOf(act: () => unknown): string[] {
  try {
    act()
  } catch (error) {
    if (error instanceof ConfigInvalid)
      return error.message.split('\n').map(line => line.replace('/etc/steno.yaml:', '').replace('/etc/witness.yaml:', ''))
    throw error
  }
  return []
}

const mistakesIn = (text: string, more?: Record<string, string>) => mistakesOf(() => read(text, more))

describe('the witnesses of a log', () => {
  const inPlace = (quorum: string) => `log:
  witnesses:
    near: { key: ${w1}, url: http://near:7755 }
    far: { key: ${w2}, url: https://far.example/w }
  ${quorum}
`
  const quorumOf = (text: string) => {
    const { policy } = read(text).log.witnesses!
    const [near, far] = policy.witnesses.map(({ key }) => key)
    return [[near!], [far!], [near!, far!]].map(keys => isQuorum(policy, keys))
  }

  it('are nobody when nobody is named', () => {
    expect(read('').log).toEqual({ origin: null, head: null, witnesses: null })
    expect(read('log: { origin: log.example/1, head: /mnt/head }').log).toEqual({
      origin: 'log.example/1',
      head: '/mnt/head',
      witnesses: null,
    })
  })

  it('are named in place, with how many of them are enough', () => {
    expect(read(inPlace('quorum: 1')).log.witnesses).toMatchObject({
      waitMs: 1000,
      policy: { witnesses: [{ name: 'near', url: 'http://near:7755' }, { name: 'far' }] },
    })
    expect(quorumOf(inPlace('quorum: 1'))).toEqual([true, true, true])
    expect(quorumOf(inPlace('quorum: 2'))).toEqual([false, false, true])
    expect(quorumOf(inPlace('quorum: all'))).toEqual([false, false, true])
    expect(read(inPlace('quorum: none')).log.witnesses?.policy.quorum).toBe(null)
    expect(read(`${inPlace('quorum: 1')}  witnessWaitMs: 250`).log.witnesses?.waitMs).toBe(250)
  })

  it('are named in a policy file', () => {
    const file = `witness a ${w1} http://near:7755\nwitness b ${w2} http://far\ngroup both all a b\nquorum both\n`
    expect(
      read('log: { policy: ./trust.policy }', { '/etc/./trust.policy': file, '/etc/trust.policy': file }).log.witnesses?.policy,
    ).toMatchObject({
      witnesses: [{ name: 'a' }, { name: 'b' }],
      quorum: 'both',
    })
  })

  it.each([
    [
      'keys that are none',
      `log:\n  witnesses:\n    a: { key: hello, url: http://a }\n    b: { key: ${logKey}, url: ftp://b }\n  quorum: 3`,
      [
        '3:15: log.witnesses.a.key: expected the key of a witness as a vkey, `name+id+key`: a key name, eight hex digits and a key in base64, with `+` between them, got `hello`',
        `4:15: log.witnesses.b.key: expected a witness’s key, of type 4 (Ed25519 cosignatures), got \`${logKey.slice(0, 60)}…\``,
        expect.stringMatching(
          /^4:\d+: log\.witnesses\.b\.url: expected a URL http:\/\/… or https:\/\/…, got `ftp:\/\/b`$/,
        ) as unknown as string,
      ],
    ],
    [
      'a quorum of more than there are',
      inPlace('quorum: 3'),
      ['5:11: log.quorum: expected at most the 2 that `witnesses` names, got the number 3'],
    ],
    [
      'no quorum',
      inPlace(''),
      ['2:3: log.witnesses: expected `quorum` beside it: how many of them must sign, `all` or `none`, got nothing'],
    ],
    ['a quorum of nobody', 'log: { quorum: 1 }', ['1:8: log.quorum: expected `witnesses` beside it, got none']],
    [
      'a quorum that is none',
      inPlace('quorum: most'),
      ['5:11: log.quorum: expected how many witnesses must sign: a number, `all` or `none`, got text'],
    ],
    [
      'a name with a space',
      'log: { origin: my log }',
      ['1:16: log.origin: expected a name without spaces and `+`, such as witness.example/w1, got `my log`'],
    ],
    ['no patience', 'log: { witnessWaitMs: 1 }', ['1:23: log.witnessWaitMs: expected at least 10 milliseconds, got the number 1']],
    ['a file that is not there', 'log: { policy: trust }', ['1:16: log.policy: expected a readable file `trust`, got none']],
  ])('are told of with %s', (_what, text, mistakes) => {
    expect(mistakesIn(text)).toEqual(mistakes)
  })

  it('are told of where their file is wrong', () => {
    const inFile = (file: string) => mistakesIn('log: { policy: /trust }', { '/trust': file })
    expect(inFile(`witness a ${w1} http://a\n`)).toEqual(['/trust:2:1: expected a quorum'])
    expect(inFile(`\n# who\nwitness a ${w1.slice(0, -3)} http://a\nquorum a\n`)).toEqual([expect.stringMatching(/^\/trust:3:1: expected /)])
    expect(inFile(`witness a ${w1}\nwitness b ${w2} nowhere\nquorum a\n`)).toEqual([
      '/trust:1:1: expected a URL http://… or https://… behind the key, got nothing: the witness is asked there',
      '/trust:2:1: expected a URL http://… or https://… behind the key, got `nowhere`: the witness is asked there',
    ])
    expect(inFile(`witness a ${mlDsaKey} http://a\nquorum a\n`)).toEqual([
      '/trust:1:1: expected a witness’s key, of type 4 (Ed25519 cosignatures), got one of type 6',
    ])
    expect(mistakesIn(`log: { policy: /trust, quorum: 1, witnesses: {} }`, { '/trust': 'quorum none\n' })).toEqual([
      '1:24: log.quorum: expected it in the file that `policy` names, or no `policy`, got both',
      '1:35: log.witnesses: expected it in the file that `policy` names, or no `policy`, got both',
    ])
  })
})

describe('a gateway that is a witness', () => {
  it('has the logs by their origins, with all their keys', () => {
    const text = `witness: { name: gw.example/w, logs: [${logKey}, ${otherLogKey}, { origin: go.sum database tree, key: ${testKey('sum.golang.org', 5).vkey} }] }`
    expect(read(text).witness).toMatchObject({
      name: 'gw.example/w',
      logs: [
        { origin: 'log.example/1', keys: [{}, {}] },
        { origin: 'go.sum database tree', keys: [{ name: 'sum.golang.org' }] },
      ],
    })
  })

  it('needs its web port', () => {
    expect(mistakesIn(`listen: { web: false }\nwitness: { name: gw, logs: [${logKey}] }`)).toEqual([
      '2:1: witness: expected the web port to be on: the witness answers there, got it turned off',
    ])
  })
})

describe('readWitnessConfig', () => {
  it('has a default for all but its name and its logs', () => {
    expect(readWitness(`name: w.example/1\nlogs: [${logKey}]`)).toMatchObject({
      config: {
        name: 'w.example/1',
        data: '/etc/witness-data',
        listen: { host: '127.0.0.1', port: 7755 },
        prefix: '',
        tls: null,
        logs: [{ origin: 'log.example/1' }],
      },
      warnings: [],
    })
    expect(readWitness(`name: w\nlogs: [${logKey}]\nprefix: /a/b/\nlisten: 0.0.0.0:80`)).toMatchObject({
      config: { prefix: '/a/b' },
      warnings: [expect.stringContaining('without TLS')],
    })
  })

  it('names all mistakes at once, each with its place', () => {
    const text = `name: my witness
listen: nowhere
prefix: no slash
logs:
  - ${logKey}
  - hello
  - { origin: a, key: ${w1.replace('+', '+0')} }
tls: { certificate: absent.pem }
surprise: 1
`
    expect(mistakesOf(() => readWitness(text))).toMatchInlineSnapshot(`
      [
        "1:7: name: expected a name without spaces and \`+\`, such as witness.example/w1, got \`my witness\`",
        "2:9: listen: expected an address \`host:port\` such as 127.0.0.1:7755, got \`nowhere\`",
        "3:9: prefix: expected a path such as /witness, got \`no slash\`",
        "6:5: logs.1: expected the key of a log as a vkey, \`name+id+key\`: a key name, eight hex digits and a key in base64, with \`+\` between them, got \`hello\`",
        "7:23: logs.2.key: expected the key of a log as a vkey, \`name+id+key\`: a key name, eight hex digits and a key in base64, with \`+\` between them, got \`witness.example/1+0dce57fd9+BO1JKMYo0cLG6ukDOJBZlWEpWSc6XGP5…\`",
        "8:1: tls.key: expected text, got nothing",
        "8:21: tls.certificate: expected a readable file \`absent.pem\`, got none",
        "9:1: surprise: expected one of name, data, listen, prefix, tls, logs, got \`surprise\`",
      ]
    `)
    expect(mistakesOf(() => readWitness('logs: []'))).toMatchInlineSnapshot(`
      [
        "1:1: name: expected a name such as witness.example/w1, got nothing",
      ]
    `)
  })
})
