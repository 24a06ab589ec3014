import { Catalogue, type CatalogueData } from '@steno/policy-dsl'
import { describe, expect, it } from 'vitest'
import { SimulatedMachine } from '../../../runtime/simulated.ts'
import type { AdmittedTarget, Doors } from '../../protocol.ts'
import { Catalogues, liveNamespaces } from './catalogues.ts'

/** Resolves when all that could go on has gone on. */
const rest = () => new Promise(resolve => setImmediate(resolve))

const shop = { name: 'shop' } as AdmittedTarget
const version = (serverVersion: number): CatalogueData => ({ relations: [], routines: [], searchPath: [], serverVersion })

/** Catalogues whose readings the test ends, each with what it found. */
function open() {
  const machine = new SimulatedMachine()
  const readings: { target: string; ends: (found: number | Error) => Promise<void> }[] = []
  const catalogues = new Catalogues({ machine } as unknown as Doors, target => {
    return new Promise<CatalogueData>((resolve, reject) => {
      readings.push({
        target: target.name,
        ends: async found => {
          if (found instanceof Error) reject(found)
          else resolve(version(found))
          await rest()
        },
      })
    })
  })
  const get = async (target = shop) => (await catalogues.get(target)).data.serverVersion
  return { machine, catalogues, readings, get }
}

describe('a catalogue', () => {
  it('is read once for all who ask, and then known at once', async () => {
    const { catalogues, readings, get } = open()
    const both = Promise.all([get(), get()])
    await readings[0]?.ends(1)
    expect(await both).toEqual([1, 1])
    expect(catalogues.get(shop)).toBeInstanceOf(Catalogue)
    expect(readings.length).toBe(1)
  })

  it('is read for each target', async () => {
    const { readings, get } = open()
    void get()
    void get({ ...shop, name: 'crm' })
    expect(readings.map(reading => reading.target)).toEqual(['shop', 'crm'])
  })

  it('is read again after a change', async () => {
    const { catalogues, readings, get } = open()
    void get()
    await readings[0]?.ends(1)
    catalogues.invalidate(shop)
    expect(readings.length).toBe(1)
    const next = get()
    await readings[1]?.ends(2)
    expect(await next).toBe(2)
  })

  it('that was being read when a change came is not the answer for those who ask after it', async () => {
    const { catalogues, readings, get } = open()
    const before = get()
    catalogues.invalidate(shop)
    const after = get()
    expect(readings.length).toBe(1)
    await readings[0]?.ends(1)
    expect(await before).toBe(1)
    await readings[1]?.ends(2)
    expect(await after).toBe(2)
  })

  it('that is twenty seconds old is still the answer while a new one is read', async () => {
    const { machine, catalogues, readings, get } = open()
    void get()
    await readings[0]?.ends(1)
    await machine.advance(20_000)
    expect(await get()).toBe(1)
    expect(readings.length).toBe(1)
    await machine.advance(1)
    expect(catalogues.get(shop)).toBeInstanceOf(Catalogue)
    expect(catalogues.get(shop)).toBeInstanceOf(Catalogue)
    expect(readings.length).toBe(2)
    await readings[1]?.ends(2)
    expect(await get()).toBe(2)
  })

  it('that is more than a minute old is read again before it answers', async () => {
    const { machine, readings, get } = open()
    void get()
    await readings[0]?.ends(1)
    await machine.advance(60_001)
    const next = get()
    await readings[1]?.ends(2)
    expect(await next).toBe(2)
  })

  it('that cannot be read refuses all who wait, and the next try is a new one', async () => {
    const { readings, get } = open()
    const both = Promise.allSettled([get(), get()])
    await readings[0]?.ends(new Error('gone'))
    expect((await both).map(one => one.status)).toEqual(['rejected', 'rejected'])
    const next = get()
    await readings[1]?.ends(1)
    expect(await next).toBe(1)
  })

  it('that cannot be read again is answered with for ten minutes', async () => {
    const { machine, readings, get } = open()
    void get()
    await readings[0]?.ends(1)
    for (let minute = 1; minute < 10; minute++) {
      await machine.advance(60_000)
      const answer = get()
      await readings[minute]?.ends(new Error('locked'))
      expect(await answer).toBe(1)
      // Not everybody who asks now waits for the same lock.
      expect(await get()).toBe(1)
      expect(readings).toHaveLength(minute + 1)
    }
    await machine.advance(60_001)
    const next = get().catch((error: unknown) => error)
    await readings[10]?.ends(new Error('still gone'))
    expect(await next).toMatchObject({ message: 'still gone' })
  })
})

it('shows authors tables and views, sorted, and nothing of PostgreSQL itself', () => {
  const relation = (schema: string, name: string, kind: 'table' | 'view' | 'index') => ({
    oid: 0,
    schema,
    name,
    kind,
    columns: [{ name: 'id', attribute: 1, type: 'integer', typeOid: 23 }],
  })
  const data: CatalogueData = {
    ...version(1),
    relations: [
      relation('shop', 'b', 'table'),
      relation('shop', 'a', 'view'),
      relation('shop', 'c', 'index'),
      relation('pg_catalog', 'pg_class', 'table'),
      relation('pg_toast', 'pg_toast_1', 'table'),
      relation('information_schema', 'columns', 'view'),
      relation('crm', 'z', 'table'),
    ],
    searchPath: ['shop'],
  }
  const columns = [{ name: 'id', type: 'integer' }]
  expect(liveNamespaces(new Catalogue(data))).toEqual([
    { name: 'crm', isDefault: false, tables: [{ name: 'z', columns }] },
    {
      name: 'shop',
      isDefault: true,
      tables: [
        { name: 'a', columns },
        { name: 'b', columns },
      ],
    },
  ])
})
