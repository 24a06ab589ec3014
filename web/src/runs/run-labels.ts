import type { Run } from '@steno/recordings'

/** How a run stands, as a sign and a word. */
export interface RunState {
  sign: string
  word: string
  isGood: boolean
}

/** Gives how a run stands: open, ended well, ended with a code, or never ended. */
export function runState(run: Pick<Run, 'state' | 'exitCode'>): RunState {
  if (run.state === 'open') return { sign: '●', word: 'open', isGood: true }
  if (run.state === 'expired') return { sign: '◔', word: 'expired', isGood: false }
  if (run.exitCode === null) return { sign: '–', word: 'ended', isGood: true }
  return run.exitCode === 0 ? { sign: '✓', word: 'exit 0', isGood: true } : { sign: '!', word: `exit ${run.exitCode}`, isGood: false }
}

/** Gives how long a run took, in milliseconds; null while it is open. */
export function runDurationMs(run: Pick<Run, 'state' | 'openedAt' | 'endedAt' | 'expiresAt'>): number | null {
  const end = run.endedAt ?? (run.state === 'expired' ? run.expiresAt : null)
  return end === null ? null : Math.max(0, Date.parse(end) - Date.parse(run.openedAt))
}

/** One row of the runs' table: a run, or the task whose attempts follow. */
export type RunItem =
  | { kind: 'task'; key: string; task: string | null; principal: string; runs: readonly Run[] }
  | { kind: 'run'; key: string; run: Run }

/** Gives the rows of the table; grouped, attempts of one principal's task stand under it, tasks in the order of their newest run. */
export function runItems(runs: readonly Run[], isGrouped: boolean): RunItem[] {
  if (!isGrouped) return runs.map(run => ({ kind: 'run', key: run.id, run }))
  const groups = new Map<string, Run[]>()
  for (const run of runs) {
    const key = JSON.stringify([run.principal, run.task])
    const group = groups.get(key)
    if (group) group.push(run)
    else groups.set(key, [run])
  }
  return [...groups].flatMap(([key, group]): RunItem[] => [
    { kind: 'task', key: `task ${key}`, task: group[0]?.task ?? null, principal: group[0]?.principal ?? '', runs: group },
    ...group.map((run): RunItem => ({ kind: 'run', key: run.id, run })),
  ])
}
