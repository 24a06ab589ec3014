import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { psql, startGateway, type Gateway } from '../support/gateway.ts'
import { temporaryDirectory, until } from '../support/machine.ts'
import { commandsOf, lawless, publish } from '../support/law.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { int16, int32, message } from '../support/raw.ts'
import { bytesOf, errorOf, rowsOf, tagsOf, Wire, type Said } from '../support/wire.ts'

let postgres: Postgres
let gateway: Gateway

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.sql(
    "CREATE TABLE numbers AS SELECT n AS id, 'row ' || n AS name FROM generate_series(1, 5000) n; CREATE TABLE orders (id int)",
  )
  gateway = await startGateway(postgres)
})

afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
})

afterEach(() => lawless(gateway))

const limiting = (options: string, on = "op.verb === 'SELECT' || op.verb === 'COPY'") =>
  `rule('small portions', { on: target('shop'), when: op => ${on}, effect: limit({ ${options} }) })`
const forbidding = (verb: string, more = '') =>
  `rule('no ${verb}', { on: target('shop'), when: op => op.verb === '${verb}', effect: forbid('no ${verb} here')${more} })\n`
const open = async (task: string) => Wire.open(gateway.port, await gateway.run({ task }))
const notices = (said: Said[]) => said.filter(({ type }) => type === 'N').map(({ body }) => body.toString())

describe('a limit', () => {
  it('cuts an answer after so many rows, says so, and its tag tells the truth', async () => {
    await publish(gateway, 'limits', limiting("rows: 100, over: 'cut'"))
    const mine = await gateway.run({ task: 'cut' })
    const ran = await psql(mine.url, 'SELECT * FROM numbers ORDER BY id;')
    expect(ran.stdout.trim().split('\n')).toHaveLength(100)
    expect(ran.stderr).toContain('the answer was cut after 100 rows')
    expect(ran.stderr).toContain('small portions')
    const wire = await Wire.open(gateway.port, mine)
    for (const how of ['simple', 'extended', 'extended binary', 'prepared'] as const) {
      const said = await wire.ask('SELECT * FROM numbers ORDER BY id', how)
      expect(rowsOf(said)).toHaveLength(100)
      expect(tagsOf(said)).toEqual(['SELECT 100'])
      const few = await wire.ask('SELECT * FROM numbers WHERE id <= 100', how)
      expect([rowsOf(few).length, notices(few).length]).toEqual([100, 0])
    }
    const two = await wire.ask('SELECT id FROM numbers; SELECT name FROM numbers')
    expect(
      tagsOf(two)
        .map(tag => Number(tag.split(' ')[1]))
        .every(rows => rows <= 100),
    ).toBe(true)
    for (const options of ['', ' (FORMAT csv)', ' (FORMAT csv, HEADER)'])
      for (const how of ['simple', 'extended'] as const) {
        const said = await wire.ask(`COPY numbers TO STDOUT${options}`, how)
        const isHeader = options.includes('HEADER')
        expect(said.filter(({ type }) => type === 'd').length, options).toBe(isHeader ? 101 : 100)
        expect(tagsOf(said)[0]).toBe('COPY 100')
      }
    await wire.ask('BEGIN')
    await wire.ask('DECLARE c CURSOR FOR SELECT * FROM numbers')
    wire.close()
    const recorded = await until('the recording', () =>
      commandsOf(gateway, mine.id).find(({ command }) => command.text.startsWith('SELECT * FROM numbers ORDER')),
    )
    const rows = recorded.parts.flatMap(part => (part.kind === 'rows' ? part.rows : []))
    expect(rows).toHaveLength(100)
    expect(recorded.parts.find(part => part.kind === 'done')).toMatchObject({ tag: 'SELECT 100', rows: 100 })
    expect(recorded.command.decision.matched).toMatchObject([{ rule: 'small portions', effect: 'limit' }])
  })

  it('counts the rows of a COPY, not its lines, nor its header, and cuts what is binary so that it can be read', async () => {
    const limits = "rows: 10, over: 'cut'"
    for (const policy of [
      limiting(limits),
      `${limiting(limits)}\nrule('mask', { on: postgres(), effect: mask({ columns: ['other.x'], with: 'null' }) })`,
    ]) {
      await publish(gateway, 'limits', policy)
      const wire = await open('copies')
      const stream = (said: Said[]) => Buffer.concat(said.filter(({ type }) => type === 'd').map(({ body }) => body))
      const copied = async (rows: number, options: string, how: 'simple' | 'extended' = 'simple') => {
        const said = await wire.ask(
          `COPY (SELECT id, E'two\\nlines' FROM numbers WHERE id <= ${rows} ORDER BY id) TO STDOUT (${options})`,
          how,
        )
        return {
          tag: tagsOf(said)[0],
          isCut: notices(said).some(text => text.includes('cut after 10 rows')),
          text: stream(said).toString('latin1'),
        }
      }
      for (const how of ['simple', 'extended'] as const)
        for (const options of [
          'FORMAT text',
          'FORMAT text, HEADER',
          'FORMAT csv',
          'FORMAT csv, HEADER',
          "FORMAT csv, HEADER, DELIMITER ';', QUOTE '|'",
        ]) {
          const few = await copied(10, options, how)
          expect([options, few.tag, few.isCut]).toEqual([options, 'COPY 10', false])
          expect(await copied(5000, options, how)).toEqual({ ...few, isCut: true })
        }
      const few = await copied(10, 'FORMAT binary')
      expect([few.tag, few.isCut]).toEqual(['COPY 10', false])
      expect(await copied(5000, 'FORMAT binary')).toEqual({ ...few, isCut: true })
      expect(await copied(5000, 'FORMAT binary', 'extended')).toEqual({ ...few, isCut: true })
      const nothing = await copied(0, 'FORMAT binary')
      expect([nothing.tag, nothing.isCut]).toEqual(['COPY 0', false])
      wire.close()
      await lawless(gateway)
    }
    await publish(gateway, 'limits', limiting("bytes: 200, over: 'cut'"))
    const wire = await open('bytes of a binary copy')
    const said = await wire.ask('COPY (SELECT id FROM numbers) TO STDOUT (FORMAT binary)')
    const rows = Number(tagsOf(said)[0]?.split(' ')[1])
    const bytes = Buffer.concat(said.filter(({ type }) => type === 'd').map(({ body }) => body))
    // Its header, rows of one int4, and its trailer.
    expect([rows > 0, bytes.length, bytes.readInt16BE(bytes.length - 2)]).toEqual([true, 19 + rows * 10 + 2, -1])
    expect(rowsOf(await wire.ask('SELECT 1'))).toEqual([['1']])
    wire.close()
  })

  it('counts a run as one, over its commands and its sessions, and another run anew', async () => {
    await publish(gateway, 'limits', limiting("rows: 250, per: 'run', over: 'cut'"))
    const mine = await gateway.run({ task: 'per run' })
    const counts: number[] = []
    const first = await Wire.open(gateway.port, mine)
    counts.push(rowsOf(await first.ask('SELECT * FROM numbers LIMIT 100')).length)
    const second = await Wire.open(gateway.port, mine)
    counts.push(rowsOf(await second.ask('SELECT * FROM numbers LIMIT 100', 'extended')).length)
    counts.push(rowsOf(await first.ask('SELECT * FROM numbers LIMIT 100', 'prepared')).length)
    counts.push(rowsOf(await second.ask('SELECT * FROM numbers')).length)
    expect(counts).toEqual([100, 100, 50, 0])
    first.close()
    second.close()
    const other = await open('another run')
    expect(rowsOf(await other.ask('SELECT * FROM numbers LIMIT 100'))).toHaveLength(100)
    other.close()
  })

  it('counts portals that are read in slices, and cursors, as one answer each', async () => {
    await publish(gateway, 'limits', limiting("rows: 30, over: 'cut'"))
    const wire = await open('slices')
    await wire.ask('BEGIN')
    const sliced = await wire.exchange(
      message('P', '\0SELECT id FROM numbers\0', int16(0)),
      message('B', 'p\0\0', int16(0), int16(0), int16(0)),
      ...[20, 20, 0].map(rows => message('E', 'p\0', int32(rows))),
      message('S'),
    )
    expect(rowsOf(sliced).length).toBeLessThanOrEqual(3 * 30)
    wire.close()
  })

  it('refuses more commands in a minute than it says', async () => {
    await publish(gateway, 'limits', limiting("perMinute: 5, over: 'deny'"))
    const wire = await open('per minute')
    for (let n = 0; n < 5; n++) expect(rowsOf(await wire.ask('SELECT 1'))).toEqual([['1']])
    for (const how of ['simple', 'extended', 'prepared'] as const)
      expect(errorOf(await wire.ask('SELECT 1', how))).toMatchObject({
        C: '42501',
        D: expect.stringContaining('small portions'),
        H: expect.stringMatching(/\S/),
      })
    expect(errorOf(await wire.ask('SHOW work_mem'))).toBeNull()
    wire.close()
    const many = await open('many in one')
    expect(tagsOf(await many.ask('SELECT 1; SELECT 2; SELECT 3; SELECT 4'))).toHaveLength(4)
    expect(errorOf(await many.ask('SELECT 5; SELECT 6'))).toMatchObject({ C: '42501', D: expect.stringContaining('small portions') })
    many.close()
    const other = await open('its own minute')
    expect(rowsOf(await other.ask('SELECT 1'))).toEqual([['1']])
    other.close()
  })

  it('counts bytes', async () => {
    await publish(gateway, 'limits', limiting("bytes: 4000, over: 'cut'"))
    const wire = await open('bytes')
    const said = await wire.ask('SELECT * FROM numbers')
    const bytes = bytesOf(said.filter(({ type }) => type === 'D')).length
    expect(bytes).toBeGreaterThan(2000)
    expect(bytes).toBeLessThanOrEqual(4000)
    expect(tagsOf(said)).toEqual([`SELECT ${rowsOf(said).length}`])
    const [row] = rowsOf(await wire.ask("SELECT repeat('x', 10000)"))
    expect(row).toBeUndefined()
    wire.close()
  })

  it('ends the session where it does not cut, with nothing of what is over passed on', async () => {
    await publish(gateway, 'limits', limiting("rows: 50, over: 'deny'"))
    for (const how of ['simple', 'extended', 'extended binary'] as const) {
      const mine = await gateway.run({ task: 'deny' })
      const wire = await Wire.open(gateway.port, mine)
      expect(rowsOf(await wire.ask('SELECT * FROM numbers LIMIT 50', how))).toHaveLength(50)
      const said = await wire.ask('SELECT * FROM numbers', how)
      expect(errorOf(said)).toMatchObject({ S: 'FATAL', C: '42501', D: expect.stringContaining('small portions') })
      expect(rowsOf(said).length).toBeLessThanOrEqual(50)
      expect(wire.isClosed).toBe(true)
      const recorded = await until('the recording', () => commandsOf(gateway, mine.id)[1])
      expect(recorded.parts.flatMap(part => (part.kind === 'rows' ? part.rows : [])).length).toBeLessThanOrEqual(50)
    }
    expect(await postgres.sql('SELECT count(*) FROM numbers')).toBe('5000')
  })

  it('holds what is over until people agree', async () => {
    await publish(gateway, 'limits', limiting("perMinute: 1, over: 'hold'"))
    const wire = await open('hold')
    await wire.ask('SELECT 1')
    const answer = wire.ask('SELECT 2')
    const held = await until('a pending approval', async () => (await gateway.call('GET', '/api/approvals?state=pending')).body.items[0])
    await gateway.call('POST', `/api/approvals/${held.id}/reviews`, { vote: 'approve', comment: 'once' })
    expect(rowsOf(await answer)).toEqual([['2']])
    wire.close()
  })
})

describe('a published policy', () => {
  it('holds for the next command of every open session, and no longer when it is gone', async () => {
    const [one, two] = [await open('one'), await open('two')]
    expect(errorOf(await one.ask('DELETE FROM orders'))).toBeNull()
    const version = await publish(gateway, 'guard', forbidding('DELETE'))
    for (const wire of [one, two])
      for (const how of ['simple', 'extended', 'prepared'] as const)
        expect(errorOf(await wire.ask('DELETE FROM orders', how))).toMatchObject({
          C: '42501',
          M: 'no DELETE here',
          D: `rule: no DELETE (policy ${version})`,
        })
    await publish(gateway, 'guard', forbidding('UPDATE'))
    expect(errorOf(await two.ask('DELETE FROM orders'))).toBeNull()
    expect(errorOf(await one.ask('UPDATE orders SET id = 1'))).toMatchObject({ C: '42501' })
    expect((await gateway.call('DELETE', '/api/policies/guard')).status).toBe(204)
    expect(errorOf(await one.ask('UPDATE orders SET id = 1'))).toBeNull()
    one.close()
    two.close()
  })

  it('decides again what was parsed, bound or declared before it', async () => {
    const wire = await open('parsed before')
    const execute = [message('B', '\0d\0', int16(0), int16(0), int16(0)), message('E', '\0', int32(0)), message('S')]
    expect(errorOf(await wire.exchange(message('P', 'd\0DELETE FROM orders\0', int16(0)), message('S')))).toBeNull()
    await wire.ask('PREPARE p AS DELETE FROM orders')
    expect(errorOf(await wire.exchange(...execute))).toBeNull()
    await wire.ask('BEGIN')
    await wire.exchange(message('B', 'portal\0d\0', int16(0), int16(0), int16(0)), message('S'))
    await publish(gateway, 'guard', forbidding('DELETE'))
    expect(errorOf(await wire.exchange(message('E', 'portal\0', int32(0)), message('S')))).toMatchObject({ C: '42501' })
    await wire.ask('ROLLBACK')
    expect(errorOf(await wire.exchange(...execute))).toMatchObject({ C: '42501', D: expect.stringContaining('no DELETE') })
    expect(errorOf(await wire.ask('EXECUTE p'))).toMatchObject({ C: '42501', D: expect.stringContaining('no DELETE') })
    wire.close()
  })

  it('is not published with mistakes, each with its place, nor against its own tests, and what was in force stays', async () => {
    await publish(gateway, 'guard', forbidding('DELETE'))
    const put = (source: string) => gateway.call('PUT', '/api/policies/guard', { source })
    const broken = await put("rule('x', {\n  on: target('shopp'),\n  when: op => op.verbb === 'DELETE',\n  effect: forbid('x'),\n})")
    expect(broken.status).toBe(422)
    expect(broken.body.problems.map(({ line }: any) => line)).toEqual([2, 3])
    for (const source of [
      'rule(',
      'while (true) {}',
      "rule('x', { on: target('shop'), when: op => (() => true)(), effect: forbid('x') })",
      "import fs from 'fs'",
    ])
      expect((await put(source)).status, source).toBe(422)
    const failing = await put(`${forbidding('UPDATE')}test('it does nothing', shop\`UPDATE t SET a = 1\`, 'allow')`)
    expect(failing.status).toBe(422)
    expect(JSON.stringify(failing.body)).toContain('it does nothing')
    const wire = await open('still in force')
    expect(errorOf(await wire.ask('DELETE FROM orders'))).toMatchObject({ C: '42501' })
    expect(errorOf(await wire.ask('UPDATE orders SET id = 1'))).toBeNull()
    wire.close()
    expect((await gateway.call('PUT', '/api/policies/guard', { source: forbidding('UPDATE') }, (await gateway.run()).token)).status).toBe(
      403,
    )
    expect((await gateway.call('GET', '/api/policies/guard')).body.source).toBe(forbidding('DELETE'))
  })

  it('that only observes changes nothing and writes down what it would have done', async () => {
    await publish(
      gateway,
      'watch',
      forbidding('DELETE', ", mode: 'observe'") +
        "rule('mask', { on: target('shop'), effect: mask({ columns: ['numbers.name'], with: 'redact' }), mode: 'observe' })\nrule('ask', { on: target('shop'), when: op => op.verb === 'UPDATE', effect: requireApproval({ by: 'admin', within: '1m' }), mode: 'observe' })\nrule('few', { on: target('shop'), effect: limit({ rows: 1, over: 'deny' }), mode: 'observe' })",
    )
    const mine = await gateway.run({ task: 'observed' })
    const wire = await Wire.open(gateway.port, mine)
    expect(tagsOf(await wire.ask('DELETE FROM orders'))).toEqual(['DELETE 0'])
    expect(tagsOf(await wire.ask('UPDATE orders SET id = 1'))).toEqual(['UPDATE 0'])
    const past = await Wire.past(postgres)
    for (const how of ['simple', 'extended', 'extended binary'] as const)
      expect(
        bytesOf(await wire.ask('SELECT * FROM numbers ORDER BY id', how)).equals(
          bytesOf(await past.ask('SELECT * FROM numbers ORDER BY id', how)),
        ),
      ).toBe(true)
    past.close()
    wire.close()
    const recorded = await until('the recording', () => {
      const found = commandsOf(gateway, mine.id)
      return found.length === 5 && found
    })
    expect(recorded.map(({ command }) => command.decision.verdict)).toEqual(Array(5).fill('allow'))
    const would = recorded.map(({ command }) => command.decision.matched.map(({ rule, isObserved }: any) => [rule, isObserved]))
    expect(would[0]).toContainEqual(['no DELETE', true])
    expect(would[1]).toContainEqual(['ask', true])
    expect(would[2]).toContainEqual(['mask', true])
    expect(would[2]).toContainEqual(['few', true])
  })
})

describe('policies from files', () => {
  it('are taken up as they change; what is broken changes nothing and is said', async () => {
    const directory = temporaryDirectory('policy-files')
    const file = join(directory.path, 'guard.policy.ts')
    writeFileSync(file, forbidding('DELETE'))
    const filed = await startGateway(postgres, { policies: directory.path })
    try {
      const wire = await Wire.open(filed.port, await filed.run())
      const refuses = async (text: string) => errorOf(await wire.ask(text))?.['C'] === '42501'
      expect(await refuses('DELETE FROM orders')).toBe(true)
      expect((await filed.call('PUT', '/api/policies/guard', { source: forbidding('UPDATE') })).status).toBe(409)
      writeFileSync(file, 'rule(')
      const listed = await until('the broken file to be said', async () => {
        const { body } = await filed.call('GET', '/api/policies')
        return body.items[0].problem !== null && body
      })
      expect(listed.files.broken).toHaveLength(1)
      expect(filed.log()).toContain('STAYS')
      expect(await refuses('DELETE FROM orders')).toBe(true)
      writeFileSync(file, forbidding('UPDATE'))
      await until('the mended file', () => refuses('UPDATE orders SET id = 1'))
      expect(await refuses('DELETE FROM orders')).toBe(false)
      rmSync(file)
      await until('the removed file', async () => !(await refuses('UPDATE orders SET id = 1')))
      wire.close()
    } finally {
      await filed.stop()
      directory.remove()
    }
  })

  it('that are broken at the start keep the gateway from starting, and say where', async () => {
    const directory = temporaryDirectory('policy-files')
    writeFileSync(
      join(directory.path, 'bad.policy.ts'),
      "rule('x', { on: target('shop'),\n  when: op => op.nothing, effect: forbid('x') })",
    )
    await expect(startGateway(postgres, { policies: directory.path })).rejects.toThrow(/bad\.policy\.ts:2:/)
    directory.remove()
  })
})
