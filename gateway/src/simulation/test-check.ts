import { readRecording, RecordingError, type PlacedEvent } from '@steno/recordings'
import { readLedger } from '../journal/ledger.ts'
import type { SimulatedMachine } from '../runtime/simulated.ts'
import { marksIn, marksOf } from './test-marks.ts'
import { data, type Story } from './test-story.ts'
import type { Seen } from './test-target.ts'

// For tests alone: what must be true of the record whenever a gateway has started, whatever the ones before it died of.

/** Throws the first thing that must not be. */
export function checkRecord(story: Story): void {
  const { machine } = story
  const recordings = readAll(machine)
  checkSeen(story, recordings)
  checkHeard(story, recordings)
  checkPromises(story)
  for (const { path, events } of recordings) if (events.at(-1)?.event.code !== 'e') throw new Error(`${path} has no end`)
  const open = machine.disk.list(`${data}/open`)
  if (open.length > 0) throw new Error(`still marked as open: ${open.join(', ')}`)
}

interface Read {
  path: string
  text: string
  events: PlacedEvent[]
}

/** Every recording there is, as the strict reader reads it. */
function readAll({ disk }: SimulatedMachine): Read[] {
  return disk.list(`${data}/sessions`).flatMap(day =>
    disk.list(`${data}/sessions/${day}`).flatMap(name => {
      const path = `${data}/sessions/${day}/${name}`
      const bytes = disk.read(path)
      const text = new TextDecoder().decode(bytes)
      if (text.includes('"name":"shop"') && /\bsec-\d/.test(text)) throw new Error(`${path} holds what must be masked`)
      if (!name.endsWith('.cast')) return []
      try {
        return [{ path, text, events: readRecording(bytes).events }]
      } catch (error) {
        if (error instanceof RecordingError) throw new Error(`${path} is not whole: ${error.message}`, { cause: error })
        throw error
      }
    }),
  )
}

/** Whatever reached a target stands in a recording, text and values; what was forbidden, or had no consent, reached none. */
function checkSeen(story: Story, recordings: Read[]): void {
  const texts = new Set<string>()
  const executions = new Set<string>()
  const contents = new Set<string>()
  for (const { events } of recordings)
    for (const { event } of events) {
      if (event.code === 'q') {
        const { text, parameters = [] } = event.command
        texts.add(text)
        executions.add(JSON.stringify([text, parameters.map(({ value }) => value)]))
      }
      if (event.code === 'b') for (const mark of marksOf(event.body)) contents.add(mark)
    }
  const isRecorded = (seen: Seen) => {
    if (seen.what === 'bind') return executions.has(JSON.stringify([seen.text, seen.values]))
    if (seen.what === 'content') return marksIn(seen.text).every(mark => contents.has(mark))
    return texts.has(seen.text)
  }
  const approved = granted(story)
  for (const target of story.targets)
    for (const seen of target.seen) {
      const marks = marksIn(seen.text)
      if (marks.length === 0 && seen.what !== 'bind') continue
      const where = `${target.name} saw at ${seen.atUs / 1000} ms \`${seen.text}\``
      if (target.name === 'shop' && marks.some(mark => mark.startsWith('ban-'))) throw new Error(`${where}, which is forbidden`)
      const asked = marks.find(mark => mark.startsWith('ask-'))
      if (asked !== undefined && target.name === 'shop' && !approved.has(asked) && !isLost(story, seen))
        throw new Error(`${where}, to which nobody agreed`)
      if (!isRecorded(seen) && !isLost(story, seen)) throw new Error(`${where}, and no recording has it: ${JSON.stringify(seen)}`)
    }

  /** Marks of the commands that people agreed to, by their approvals' ids in the recordings. */
  function granted({ machine }: Story): Set<string> {
    const agreed = new Set(
      readLedger(machine.disk, data).flatMap(entry =>
        entry.kind === 'approval settled' && entry.state === 'granted' ? [entry.approval] : [],
      ),
    )
    const marks = new Set<string>()
    for (const { events } of recordings) {
      const held = new Map<number, string[]>()
      for (const { event } of events) {
        if (event.code === 'q') held.set(event.command.n, marksIn(event.command.text))
        if (event.code !== 'd') continue
        const { verdict, approval } = event.decision.decision
        if (verdict === 'allow' && approval !== undefined && agreed.has(approval))
          for (const mark of held.get(event.decision.n) ?? []) marks.add(mark)
      }
    }
    return marks
  }
}

/** Whether a loss of power may have taken it. With strict durability it takes no command that a target has seen. */
function isLost(story: Story, { atUs, what }: { atUs: number; what?: Seen['what'] }): boolean {
  if (story.durability === 'strict' && what !== undefined && what !== 'content') return false
  return story.isExcused(atUs, 'lines')
}

/** Whatever a client was told stands in a recording as told, and nobody was told a secret. */
function checkHeard(story: Story, recordings: Read[]): void {
  const recorded = new Set<string>()
  for (const { events } of recordings)
    for (const { event } of events) if ('aenb'.includes(event.code)) for (const mark of marksOf(event)) recorded.add(mark)
  for (const heard of story.heard) {
    if (heard.mark.startsWith('sec-') && heard.target === 'shop') throw new Error(`a client heard \`${heard.mark}\`, which must be masked`)
    if (!recorded.has(heard.mark) && !isLost(story, heard))
      throw new Error(`a client of ${heard.target} heard \`${heard.mark}\` at ${heard.atUs / 1000} ms, and no recording has it`)
  }
}

/** Whatever somebody was told is done, is in the ledger: no loss of power takes it. */
function checkPromises({ machine, promised }: Story): void {
  const entries = readLedger(machine.disk, data)
  const opened = new Set(entries.flatMap(entry => (entry.kind === 'run.open' ? [entry.run.id] : [])))
  const ended = new Set(entries.flatMap(entry => (entry.kind === 'run.end' ? [entry.run] : [])))
  const reviews = new Map(entries.flatMap(entry => (entry.kind === 'approval reviewed' ? [[entry.approval, entry.vote]] : [])))
  const isPublished = entries.some(entry => entry.kind === 'policy published')
  for (const run of promised.runsOpened) if (!opened.has(run)) throw new Error(`run ${run} was opened, and the ledger does not know it`)
  for (const run of promised.runsEnded) if (!ended.has(run)) throw new Error(`run ${run} was ended, and the ledger does not know it`)
  for (const [approval, vote] of promised.reviews)
    if (reviews.get(approval) !== vote) throw new Error(`approval ${approval} was voted on, and the ledger does not know it`)
  if (promised.policy && !isPublished) throw new Error('a policy was published, and the ledger does not know it')
}
