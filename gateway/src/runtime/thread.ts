import { readFileSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { assert } from './assert.ts'

/** A thread of this process that works on something by itself. */
export interface Thread {
  /** Sends it something; copied. */
  tell(message: unknown): void
  /** Stops it wherever it is. */
  stop(): void
}

export interface ThreadOptions<Report> {
  /** The program: a file that asks `thisThread` what it shall do. */
  entry: URL
  name: string
  /** What it is started with; copied. */
  data: unknown
  /** So much memory it may take, where the runtime can hold it to that. */
  memoryMbMax: number
  /** Of that, for what has just been made: less is collected sooner. What the runtime thinks best, when left out. */
  youngMemoryMbMax?: number
  onReport: (report: Report) => void
  /** It is over, once: with an error when it died of something. */
  onEnd: (error: Error | null) => void
}

/** Starts a thread. */
export function startThread<Report>({ entry, name, data, memoryMbMax, youngMemoryMbMax, onReport, onEnd }: ThreadOptions<Report>): Thread {
  let error: Error | null = null
  const young = youngMemoryMbMax === undefined ? {} : { maxYoungGenerationSizeMb: youngMemoryMbMax }
  const worker = new Worker(entry, { workerData: data, name, resourceLimits: { maxOldGenerationSizeMb: memoryMbMax, ...young } })
  worker.on('message', onReport)
  worker.on('error', thrown => {
    error = thrown instanceof Error ? thrown : new Error(String(thrown))
  })
  worker.on('exit', () => onEnd(error))
  return { tell: message => worker.postMessage(message), stop: () => void worker.terminate() }
}

/** A thread as its own program sees it. */
export interface OwnThread<Data, Told, Report> {
  /** What it was started with. */
  data: Data
  tell: (report: Report) => void
  /** Calls back with what it is told. To be called at once: what is told to a thread that does not listen may be lost. */
  onTold: (handle: (told: Told) => void) => void
}

/** The least urgent that a thread can be. */
const nicenessMax = 19

/** The thread that asks. Lets the sessions go first from here on, by as much as its niceness says. */
export function thisThread<Data, Report, Told = never>({ niceness = nicenessMax } = {}): OwnThread<Data, Told, Report> {
  const port = parentPort
  assert(port !== null, 'this program runs in a thread of its own')
  standBack(niceness)
  return {
    data: workerData as Data,
    tell: report => port.postMessage(report),
    onTold: handle => void port.on('message', handle),
  }
}

/**
 * Lets the sessions go before another process of ours, one that was started
 * with a low priority and leads a session of the system's (setsid), as every
 * process of PostgreSQL's does: Linux shares the processors out among such
 * sessions first (sched(7), autogroup), so a low priority alone says nothing there.
 */
export function standBehindSessions(process: number): void {
  try {
    writeFileSync(`/proc/${process}/autogroup`, '19')
  } catch {
    // Not Linux, or a kernel without this grouping, where the low priority holds by itself.
  }
}

/** So many times as long as it was kept waiting, a thread leaves the processors to others. */
const yieldTimes = 4
const yieldMsMax = 250

/**
 * Gives what a thread calls between two pieces of long work, some milliseconds
 * each: where others want the processors it sleeps, some times as long as it was
 * kept waiting for one. A low priority counts inside of the gateway alone
 * (`standBehindSessions` says why), and those others may be the target's.
 */
export function createMakeWay({ waitedNs = ownWaitNs, sleep = sleepHere } = {}): () => void {
  const waitedMs = createWaitMeter(waitedNs)
  return () => {
    const ms = Math.min(waitedMs() * yieldTimes, yieldMsMax)
    if (ms < 1) return
    sleep(ms)
    waitedMs()
  }
}

/** Gives what says for how many milliseconds this thread was ready and had no processor since it was last asked: how much others want them. */
export function createWaitMeter(waitedNs = ownWaitNs): () => number {
  let before = waitedNs()
  return () => {
    const now = waitedNs()
    const ms = (now - before) / 1e6
    before = now
    return ms
  }
}

/** How long this thread was ready and had no processor, which Linux counts (Documentation/scheduler/sched-stats); 0 where nothing does. */
function ownWaitNs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[1]) || 0
  } catch {
    return 0
  }
}

function sleepHere(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** Only Linux has priorities of single threads; elsewhere this would slow the whole gateway. */
function standBack(niceness: number): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(niceness)
  } catch {
    // A sandbox may forbid it. The thread is then only less polite.
  }
}
