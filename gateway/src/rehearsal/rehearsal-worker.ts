import { rehearseRecordings } from '@steno/policy-dsl'
import { openOperations } from '../index/operations.ts'
import { RecordingFiles } from '../journal/recording-files.ts'
import { realMachine } from '../runtime/node.ts'
import { loadParserWasm } from '../runtime/parser-wasm.ts'
import { createMakeWay, thisThread } from '../runtime/thread.ts'
import { recordingsOf } from './recordings-of.ts'
import type { RehearsalStart, RehearsalTold } from './rehearsals.ts'

const { data, tell } = thisThread<RehearsalStart, RehearsalTold>()
const { ask, dataDirectory, sessions } = data
const machine = realMachine()
const { clock, disk } = machine
const report = await rehearseRecordings({
  ask,
  recordings: recordingsOf(sessions, {
    disk,
    files: new RecordingFiles(disk, dataDirectory),
    parser: await openOperations({ loadWasm: loadParserWasm }),
    between: createMakeWay(),
  }),
  clock,
  random: count => machine.random(count),
  onProgress: progress => tell({ kind: 'progress', progress }),
})
tell({ kind: 'report', report })
