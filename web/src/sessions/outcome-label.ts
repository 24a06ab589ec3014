import type { Command } from '../api.ts'
import { countLabel } from '../ui/labels.ts'

/** Gives what came of a command that was allowed and did not fail, in a word or two. */
export function outcomeLabel(command: Pick<Command, 'kind' | 'durationMs' | 'rows' | 'affected' | 'operations'>): {
  text: string
  isFaint: boolean
} {
  if (command.durationMs === null) return { text: 'running', isFaint: true }
  // Asked of the target, but nothing was done yet.
  if (command.kind === 'prepare') return { text: 'prepared', isFaint: true }
  if (command.kind === 'bind') return { text: 'bound', isFaint: true }
  if (command.affected !== undefined) return { text: `${countLabel(command.affected)} changed`, isFaint: false }
  const couldGiveRows = command.operations.some(operation => operation.tables.length > 0)
  if (command.rows !== undefined && (command.rows > 0 || couldGiveRows))
    return { text: `${countLabel(command.rows)} ${command.rows === 1 ? 'row' : 'rows'}`, isFaint: false }
  return { text: 'done', isFaint: true }
}
