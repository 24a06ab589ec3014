import { RecordingError, type RecordingHeader } from '@steno/recordings'
import { createEvaluator } from '../evaluate/evaluate.ts'
import { createMaskKey } from '../masks/mask-key.ts'
import type { Ruleset } from '../ruleset.ts'
import { statementShape } from '../statement-shape.ts'
import { MaskSamples } from './mask-samples.ts'
import { MaskWatch } from './mask-watch.ts'
import type { PastCommands } from './read-session.ts'
import { writeReport, type RehearsalReport } from './rehearsal-report.ts'
import { createRehearsal } from './rehearse.ts'
import type { RehearsedCommand } from './rehearsed-session.ts'

/** A policy as it is rehearsed. */
export interface RehearsedPolicy {
  name: string
  /** Null for a draft. */
  version: string | null
  ruleset: Ruleset
}

/** A recording that can be read from its start; nothing comes of it when it is not there any more. */
export interface PastRecording {
  /** What people know it by. */
  name: string
  /** Its commands, as `readSession` gives them. */
  commands: () => AsyncIterable<PastCommands> | Iterable<PastCommands> | null
  /** Its bytes, cut anywhere. */
  open: () => Iterable<Uint8Array> | null
}

/** What a rehearsal is of, as data that can be sent to a thread. */
export interface RehearsalAsk {
  policies: RehearsedPolicy[]
  /** Commands before and after are left out; null for no end. */
  sinceUs: number | null
  untilUs: number | null
  /** What could not be told already when it was asked for. */
  unknowns: string[]
  /** There are more recordings than are given. */
  isTruncated: boolean
  /** Whether whoever asks may see values of answers. */
  showsValues: boolean
}

export interface Progress {
  sessions: number
  of: number
  commands: number
}

export interface RehearsalParts {
  ask: RehearsalAsk
  /** By their sessions' start, the earliest first. */
  recordings: PastRecording[]
  clock: { monotonicUs: () => number }
  random: (sizeBytes: number) => Uint8Array
  onProgress: (progress: Progress) => void
}

/** So many flips are looked at to find which rules of then they were stopped by. */
const flipsKeptMax = 20_000
/** So much of a text makes its shape. */
const shapedMax = 2000
/** So many commands are listed whose answers would be masked. */
const maskedListedMax = 500
const progressEveryUs = 100_000
/** Of what could not be read, so many recordings are named. */
const damagedNamedMax = 5

/** Rehearses policies on recordings, one after the other, with a few of them in memory. */
export async function rehearseRecordings({ ask, recordings, clock, random, onProgress }: RehearsalParts): Promise<RehearsalReport> {
  const startedUs = clock.monotonicUs()
  const { policies, isTruncated, showsValues } = ask
  // Not the gateway's key: with that, and values that are hidden, guesses could be tried.
  const samples = new MaskSamples(createMaskKey(random(32)))
  const watch = new MaskWatch(maskedListedMax, samples)
  const rehearsal = createRehearsal({
    evaluators: policies.map(({ ruleset }) => createEvaluator(ruleset)),
    shapeOf: text => statementShape(text.slice(0, shapedMax)),
    flipsMax: flipsKeptMax,
    onMasked: past => watch.see(past),
  })
  const targets = new Map<string, string>()
  const bySession = new Map<string, PastRecording>()
  const damaged: string[] = []
  let [gone, readNow, commands, sessions, toldUs] = [0, 0, 0, 0, -Infinity]

  for (const [at, recording] of recordings.entries()) {
    const { name } = recording
    const given = recording.commands()
    if (given === null) gone++
    else {
      const before = commands
      try {
        for await (const past of given) {
          const within = past.commands.filter(command => isWithin(ask, past.header, command))
          if (within.length === 0) continue
          targets.set(past.header.session, past.header.target.name)
          bySession.set(past.header.session, recording)
          rehearsal.add({ header: past.header, commands: within })
          commands += within.length
          readNow += past.readNow
          tell(at)
        }
      } catch (error) {
        if (!(error instanceof RecordingError)) throw error
        damaged.push(`${name} (${error.message})`)
      }
      if (commands > before) sessions++
    }
    tell(at + 1)
  }

  function tell(done: number): void {
    const nowUs = clock.monotonicUs()
    if (done < recordings.length && nowUs - toldUs < progressEveryUs) return
    toldUs = nowUs
    onProgress({ sessions: done, of: recordings.length, commands })
  }

  const result = rehearsal.result()
  if (showsValues) samples.read(session => bySession.get(session)?.open() ?? null)
  return writeReport(result, {
    policies: policies.map(({ name, version }) => ({ name, version })),
    sessions,
    targetOf: session => targets.get(session) ?? '',
    watch,
    samples,
    unknowns: [...ask.unknowns, ...sayGaps({ gone, readNow, damaged, flipsNotKept: result.flipsNotKept, unnamed: watch.unnamed })],
    isTruncated,
    tookMs: Math.round((clock.monotonicUs() - startedUs) / 1000),
  })
}

function isWithin({ sinceUs, untilUs }: RehearsalAsk, { startedAtUs }: RecordingHeader, { atUs }: RehearsedCommand): boolean {
  const us = startedAtUs + atUs
  return (sinceUs === null || us >= sinceUs) && (untilUs === null || us < untilUs)
}

function sayGaps({
  gone,
  readNow,
  damaged,
  flipsNotKept,
  unnamed,
}: {
  gone: number
  readNow: number
  damaged: string[]
  flipsNotKept: number
  unnamed: number
}): string[] {
  const said: string[] = []
  if (readNow > 0)
    said.push(
      `${counted(readNow, 'command')} recorded without what ${readNow === 1 ? 'it' : 'they'} would do: read now from the text alone, without what the target's catalogue told then, so functions and views are not looked into and tables may lack their schema`,
    )
  if (unnamed > 0)
    said.push(
      `${unnamed === 1 ? '1 command reads' : `${unnamed} commands read`} masked columns that came back under no name of their own, so where in the answer they would be masked is not told`,
    )
  if (gone > 0) said.push(`${counted(gone, 'recording')} not there any more`)
  if (damaged.length > 0) {
    const named = damaged.slice(0, damagedNamedMax).join(', ')
    const more = damaged.length > damagedNamedMax ? ` and ${damaged.length - damagedNamedMax} more` : ''
    said.push(
      `${damaged.length === 1 ? '1 recording' : `${damaged.length} recordings`} cannot be read to the end, and only what stands before counts: ${named}${more}`,
    )
  }
  if (flipsNotKept > 0)
    said.push(
      `which rules of then stopped what nothing stops now is counted for the first ${flipsKeptMax} flips; there are ${flipsNotKept} more`,
    )
  return said
}

function counted(count: number, noun: string): string {
  return count === 1 ? `1 ${noun} is` : `${count} ${noun}s are`
}
