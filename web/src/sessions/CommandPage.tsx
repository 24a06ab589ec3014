import { Navigate, useParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import { Match, Switch, type JSX } from 'solid-js'
import { api, type Command } from '../api.ts'
import { Problem, Skeleton } from '../ui/Problem.tsx'
import { commandHref } from './command-href.ts'

/** Leads from a command's id to its frame in the replay, so that an id alone is a link. */
export function CommandPage(): JSX.Element {
  const params = useParams<{ id: string }>()
  const command = useQuery(() => ({ queryKey: ['command', params.id], queryFn: ({ signal }) => api.command(params.id, signal) }))
  const known = (): Command | undefined => (command.isPending ? undefined : command.data)
  return (
    <main class="page">
      <h1 class="spoken">Command</h1>
      <Switch fallback={<Skeleton rows={6} label="Finding the command" />}>
        <Match when={known()}>{found => <Navigate href={commandHref(found())} />}</Match>
        <Match when={command.isError}>
          <Problem error={command.error} what="This command cannot be shown" onRetry={() => void command.refetch()} />
        </Match>
      </Switch>
    </main>
  )
}
