import type { Command } from '../api.ts'

/** Gives the address of a command's frame in its session's replay. */
export function commandHref(command: Pick<Command, 'session' | 'frame'>): string {
  return `/sessions/${encodeURIComponent(command.session)}?frame=${command.frame}`
}
