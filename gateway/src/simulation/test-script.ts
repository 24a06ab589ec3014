import { ask, join } from '../protocols/postgres/test-conversation.ts'
import type { SimulatedClient } from './test-client.ts'
import type { Chance } from './test-chance.ts'
import type { Marks } from './test-marks.ts'

// For tests alone: what clients do, drawn by chance from all that PostgreSQL's protocol lets them do.

export interface Scene {
  client: SimulatedClient
  chance: Chance
  marks: Marks
  /** Lets time pass. */
  wait: (ms: number) => Promise<void>
}

export type Act = (scene: Scene) => Promise<void>

/** A statement with a mark of its own, and what it wants of the target. */
function select({ chance, marks }: Scene, values = ''): string {
  const wishes = [
    `rows=${chance.below(9)}`,
    ...(chance.isOne(3) ? ['secret=1'] : []),
    ...(chance.isOne(8) ? ['notice=1'] : []),
    ...(chance.isOne(10) ? ['fails=1'] : []),
    ...(chance.isOne(5) ? [`delay=${1 + chance.below(40)}`] : []),
  ]
  return `select ${values}'${marks.word('cmd')}' as mark, name from t /* ${wishes.join(' ')} */`
}

const insert = ({ marks, chance }: Scene) =>
  `insert into t values ('${marks.word('cmd')}', 'x')${chance.isOne(10) ? ' /* fails=1 */' : chance.isOne(6) ? ' /* notice=1 */' : ''}`

function statement(scene: Scene): string {
  return scene.chance.isOne(3) ? insert(scene) : select(scene)
}

export const acts: Record<string, Act> = {
  async 'one statement'(scene) {
    scene.client.say(ask.query(statement(scene)))
    await scene.client.readies()
  },

  async 'several statements in one message'(scene) {
    const texts = Array.from({ length: 2 + scene.chance.below(3) }, () => statement(scene))
    scene.client.say(ask.query(texts.join('; ')))
    await scene.client.readies()
  },

  async 'several messages at once'(scene) {
    const count = 2 + scene.chance.below(5)
    scene.client.say(...Array.from({ length: count }, () => ask.query(statement(scene))))
    await scene.client.readies(count)
  },

  async 'a transaction'(scene) {
    const texts = ['begin', ...Array.from({ length: 1 + scene.chance.below(4) }, () => statement(scene))]
    for (const text of [...texts, scene.chance.pick(['commit', 'rollback'])]) {
      scene.client.say(ask.query(text))
      await scene.client.readies()
    }
  },

  async 'a statement with values'(scene) {
    const { client, marks, chance } = scene
    const text = select(scene, '$1, $2, ')
    const describe = chance.isOne(2) ? [ask.describe('P', '')] : []
    client.say(
      ask.parse('', text),
      ask.bind('', '', [marks.word('val'), chance.isOne(4) ? null : marks.word('val')]),
      ...describe,
      ask.execute(''),
      ask.sync,
    )
    await client.readies()
  },

  async 'a prepared statement, run many times'(scene) {
    const { client, marks, chance } = scene
    const name = marks.word('cmd')
    client.say(ask.parse(name, select(scene, '$1, ')), ask.describe('S', name), ask.sync)
    await client.readies()
    const times = 1 + chance.below(5)
    const each = () => [ask.bind('', name, [marks.word('val')]), ask.execute('')]
    if (chance.isOne(2)) {
      client.say(...Array.from({ length: times }, each).flat(), ask.sync)
      await client.readies()
    } else {
      client.say(...Array.from({ length: times }, () => [...each(), ask.sync]).flat())
      await client.readies(times)
    }
    client.say(ask.close('S', name), ask.sync)
    await client.readies()
  },

  async 'messages that come one by one'(scene) {
    const { client, marks } = scene
    const messages = [
      ask.parse('', select(scene, '$1, ')),
      ask.bind('', '', [marks.word('val')]),
      ask.describe('P', ''),
      ask.execute(''),
      ask.sync,
    ]
    for (const message of messages) {
      client.say(message)
      await scene.wait(scene.chance.below(3))
    }
    await client.readies()
  },

  async 'rows in portions'(scene) {
    const { client, marks } = scene
    client.say(ask.query('begin'))
    await client.readies()
    client.say(ask.parse('', select(scene, '$1, ')), ask.bind('p', '', [marks.word('val')]), ask.execute('p', 2), ask.sync)
    await client.readies()
    client.say(ask.execute('p', 2), ask.sync, ask.execute('p'), ask.sync, ask.query('commit'))
    await client.readies(3)
  },

  async 'content that is copied in'(scene) {
    const { client, marks, chance, wait } = scene
    client.say(ask.query(`copy t from stdin /* ${marks.word('cmd')} */`))
    for (;;) {
      const { type } = await client.next()
      if (type === 'Z') return
      if (type === 'G') break
    }
    for (let pieces = 1 + chance.below(6); pieces > 0; pieces--) {
      client.say(...Array.from({ length: 1 + chance.below(3) }, () => ask.copyData(`${marks.word('cpy')}\tx\n`)))
      if (chance.isOne(2)) await wait(chance.below(5))
    }
    client.say(chance.isOne(4) ? ask.copyFail('changed my mind') : ask.copyDone)
    await client.readies()
  },

  async 'content that is copied in without waiting'(scene) {
    const { client, marks, chance } = scene
    const data = Array.from({ length: 1 + chance.below(4) }, () => ask.copyData(`${marks.word('cpy')}\tx\n`))
    client.say(
      ask.parse('', `copy t from stdin /* ${marks.word('cmd')} */`),
      ask.bind('', ''),
      ask.execute(''),
      ...data,
      ask.copyDone,
      ask.sync,
    )
    await client.readies()
  },

  async 'content that is copied out'(scene) {
    scene.client.say(ask.query(`copy t to stdout /* ${scene.marks.word('cmd')} rows=${scene.chance.below(12)} */`))
    await scene.client.readies()
  },

  async 'what is forbidden'(scene) {
    const { client, marks, chance } = scene
    const text = `delete from t where mark = '${marks.word('ban')}'`
    if (chance.isOne(2)) client.say(ask.query(text))
    else client.say(ask.parse('', text), ask.bind('', ''), ask.execute(''), ask.sync)
    await client.readies()
  },

  async 'what is held'(scene) {
    scene.client.say(ask.query(`update t set name = '${scene.marks.word('ask')}' where mark = 'x'`))
    await scene.client.readies()
  },

  async 'what is held, and taken back'(scene) {
    const { client, marks, chance, wait } = scene
    client.say(ask.query(`update t set name = '${marks.word('ask')}' where mark = 'x'`))
    await wait(chance.below(2000))
    await client.cancel()
    await client.readies()
  },

  async 'something slow, and taken back'({ client, marks, chance, wait }) {
    client.say(ask.query(`select '${marks.word('cmd')}' as mark, name from t /* delay=400 rows=1 */`))
    await wait(chance.below(500))
    await client.cancel()
    await client.readies()
  },

  async 'a function call'({ client, chance }) {
    client.say(ask.call(1000 + chance.below(100), ['1']))
    await client.readies()
  },

  async 'a name that nobody knows'({ client, marks }) {
    client.say(ask.bind('', marks.word('cmd')), ask.execute(''), ask.sync)
    await client.readies()
  },

  async 'nothing in particular'({ client, chance }) {
    client.say(chance.pick([ask.query(''), ask.sync, join(ask.flush, ask.sync)]))
    await client.readies()
  },
}
