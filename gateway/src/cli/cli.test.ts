import { describe, expect, it } from 'vitest'
import { childEnvironment } from './run.ts'
import { CliError } from './cli-error.ts'
import { createClient } from './client.ts'
import { readArgs, readNumber } from './command-line.ts'
import { safeOutput, safeText } from './safe-text.ts'
import { writeTable } from './table.ts'

describe('childEnvironment', () => {
  const target = (name: string) => ({
    protocol: 'postgres',
    url: `postgres://r:t@h/${name}`,
    env: { PGDATABASE: name, DATABASE_URL: `postgres://r:t@h/${name}`, STENO_TOKEN: 't' },
  })
  const run = { id: 'run_1', token: 't', attempt: 1, expiresAt: '', targets: { shop: target('shop'), 'eu-billing': target('eu-billing') } }

  it('gives the first target the names that tools read, and each one its own', () => {
    expect(childEnvironment(run, ['eu-billing', 'shop'])).toEqual({
      PGDATABASE: 'eu-billing',
      DATABASE_URL: 'postgres://r:t@h/eu-billing',
      EU_BILLING_DATABASE_URL: 'postgres://r:t@h/eu-billing',
      SHOP_DATABASE_URL: 'postgres://r:t@h/shop',
      STENO_RUN: 'run_1',
      STENO_TOKEN: 't',
    })
  })

  it('leaves out a target whose port is turned off', () => {
    expect(childEnvironment({ ...run, targets: {} }, ['shop'])).toEqual({ STENO_RUN: 'run_1', STENO_TOKEN: 't' })
  })
})

describe('what comes from outside', () => {
  it('is shown and not obeyed by a terminal', () => {
    expect(safeText('a\x1b[2J\x07\u202Eb\u200B\n')).toBe('a␛[2J␇<U+202E>b<U+200B>␊')
    expect(safeOutput('\x1b[31mred\x1b[0m\r\n\x1b]52;c;aGk=\x07\x1b[2J\u009b31m')).toBe('\x1b[31mred\x1b[0m\r\n␛]52;c;aGk=␇␛[2J<U+009B>31m')
  })

  it('stays inside its row of a table', () => {
    expect(
      writeTable(
        ['A', 'TEXT'],
        [
          ['x', 'one\ntwo'],
          ['longer', 'y'.repeat(50)],
        ],
        20,
      ),
    ).toBe('A       TEXT\nx       one two\nlonger  yyyyyyyyyyy…\n')
  })
})

describe('createClient', () => {
  it.each([
    [{}, 'expected a token in STENO_TOKEN'],
    [{ STENO_TOKEN: 'x', STENO_URL: 'nowhere' }, 'STENO_URL: expected an address'],
    [{ STENO_TOKEN: 'x', STENO_URL: 'file:///etc/passwd' }, 'STENO_URL: expected an address'],
    [{ STENO_TOKEN: 'x\r\ny: z' }, 'STENO_TOKEN: expected a token'],
  ])('refuses %j, saying why', (env, message) => {
    expect(() => createClient({ env })).toThrow(message)
  })

  it('says that no gateway answers, with the exit code of the caller', async () => {
    const client = createClient({ env: { STENO_TOKEN: 'x', STENO_URL: 'http://127.0.0.1:1' }, exitCode: 125 })
    const error: unknown = await client.ask('GET', '/').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(CliError)
    expect(error).toMatchObject({ exitCode: 125, message: expect.stringContaining('no gateway answers at http://127.0.0.1:1') })
  })
})

describe('readArgs', () => {
  it('refuses what it does not know, and numbers that are none', () => {
    expect(() => readArgs(['--tabel', 'x'], { table: { type: 'string' } })).toThrow("unknown option '--tabel'")
    for (const text of ['', 'ten', '0', '1e9', 'NaN'])
      expect(() => readNumber('limit', text, { min: 1, max: 1000 })).toThrow('--limit: expected a number from 1 to 1000')
    expect(readNumber('limit', '50', { min: 1, max: 1000 })).toBe(50)
  })
})
