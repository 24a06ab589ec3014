import { useQuery } from '@tanstack/solid-query'
import { For, Show, type JSX } from 'solid-js'
import { api, type Approval, type Estimate } from '../api.ts'
import { countLabel, countOf, Visible } from '../ui/index.ts'

type Planned = Extract<Estimate, { isPossible: true }>

/** What the target's planner expects of a command that waits. Nothing of it is run. */
export function Estimated(props: { approval: Approval }): JSX.Element {
  const estimate = useQuery(() => ({
    queryKey: ['estimate of', props.approval.id],
    queryFn: ({ signal }) => api.approvalEstimate(props.approval.id, signal),
    staleTime: Infinity,
    retry: false,
  }))
  const known = () => (estimate.isPending || estimate.isError ? undefined : estimate.data)
  const planned = (): Planned | null => {
    const found = known()
    return found?.isPossible ? found : null
  }
  const obstacle = (): string => {
    const found = known()
    if (found && !found.isPossible) return `There is none: ${found.because}.`
    return estimate.isError ? 'The target could not be asked.' : 'Asking the target…'
  }
  return (
    <section aria-label="Estimate" class="approval-estimate">
      <h2>Estimate</h2>
      <Show
        when={planned()}
        fallback={
          <p class="muted">
            <Visible text={obstacle()} />
          </p>
        }
      >
        {plan => (
          <>
            <p>
              About <b>{countOf(plan().rows, 'row')}</b>, as the target’s planner guesses from its statistics. Nothing was run.
            </p>
            <details>
              <summary>{countOf(plan().steps.length, 'step')} of the plan</summary>
              <ol class="approval-plan">
                <For each={plan().steps}>
                  {step => (
                    <li>
                      <span>
                        {'› '.repeat(Math.min(step.depth, 12))}
                        {step.step}
                      </span>
                      <Show when={step.relation}>
                        {relation => (
                          <span class="mono">
                            <Visible text={relation()} />
                          </span>
                        )}
                      </Show>
                      <span class="muted">about {countLabel(step.rows)}</span>
                    </li>
                  )}
                </For>
              </ol>
            </details>
          </>
        )}
      </Show>
    </section>
  )
}
