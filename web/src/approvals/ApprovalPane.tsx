import type { Cell, Operation } from '@steno/recordings'
import { useQuery } from '@tanstack/solid-query'
import { For, Show, type JSX } from 'solid-js'
import { api, type Approval } from '../api.ts'
import { commandHref } from '../sessions/command-href.ts'
import { countOf, Kbd, Mono, PrincipalChain, Time, VerdictChip, Visible } from '../ui/index.ts'
import { Before } from './Before.tsx'
import { endingOf, stateLabels } from './approval-list.ts'
import { Countdown } from './Countdown.tsx'
import { Estimated } from './Estimated.tsx'
import { Granted } from './Granted.tsx'

export interface ApprovalPaneProps {
  approval: Approval
  /** Whether whoever looks may take back what was granted. */
  canTakeBack: boolean
  onDecide(vote: 'approve' | 'reject'): void
  onTakenBack(): void
}

/** How many of the session's commands stand before the one that is held. */
const before = 10

/** One request, with everything to decide on: what, why, who, and what came before. */
export function ApprovalPane(props: ApprovalPaneProps): JSX.Element {
  const isPending = (): boolean => props.approval.state === 'pending'
  return (
    <article class="approval" aria-label="The request">
      <header class="approval-bar">
        <Show
          when={isPending()}
          fallback={
            <p class={`approval-ending ${stateLabels[props.approval.state].mark}`}>
              <span aria-hidden="true">{stateLabels[props.approval.state].sign}</span> {endingOf(props.approval)}
            </p>
          }
        >
          <Countdown approval={props.approval} />
          <span class="spring" />
          <Show
            when={props.approval.canReview}
            fallback={
              <p class="muted approval-why-not">
                You cannot decide this: <Visible text={props.approval.cannotReview ?? ''} />.
              </p>
            }
          >
            <button type="button" class="button" onClick={() => props.onDecide('reject')}>
              Reject… <Kbd keys="d" />
            </button>
            <button type="button" class="button primary" onClick={() => props.onDecide('approve')}>
              Approve… <Kbd keys="a" />
            </button>
          </Show>
        </Show>
      </header>

      <section aria-label="The command">
        <h2>
          <Visible text={props.approval.target} />
          <For each={Object.entries(props.approval.labels)}>
            {([name, value]) => (
              <span class="label mono">
                <Visible text={`${name}=${value}`} />
              </span>
            )}
          </For>
        </h2>
        <Show
          when={!props.approval.isMissing}
          fallback={<p class="muted">What it said is not here any more: its recording was erased, or search has not read it yet.</p>}
        >
          <div class="approval-statement" tabIndex={0} role="region" aria-label="Statement">
            <Mono text={props.approval.text} lines sql charactersMax={200_000} />
          </div>
        </Show>
        <Show when={props.approval.parameters.length > 0}>
          <dl class="approval-values">
            <For each={props.approval.parameters}>
              {(parameter, at) => (
                <div>
                  <dt class="mono">
                    ${at() + 1} <span class="muted">{parameter.type}</span>
                  </dt>
                  <dd>
                    <Value cell={parameter.value} />
                  </dd>
                </div>
              )}
            </For>
          </dl>
        </Show>
        <Operations operations={props.approval.operations} />
      </section>

      <section aria-label="Why it is held">
        <h2>Why it is held</h2>
        <p>
          <Visible text={props.approval.reason} />
        </p>
        <ul class="approval-demands">
          <For each={props.approval.demands}>
            {demand => (
              <li>
                <VerdictChip mark={demand.met ? 'allow' : 'hold'} word={demand.rule} />
                <span>
                  {countOf(demand.quorum, 'approval')} of <Visible text={demand.by.join(' or ')} />
                </span>
                <span class="muted">
                  {demand.votes} of {demand.quorum}
                </span>
              </li>
            )}
          </For>
        </ul>
        <p class="muted">
          Judged by <code>{props.approval.policyVersion}</code>
          {props.approval.transaction === 'idle' ? '.' : ', inside a transaction that stays open while it waits.'}
        </p>
      </section>

      <Granted approval={props.approval} canTakeBack={props.canTakeBack} onTakenBack={() => props.onTakenBack()} />
      <Show when={isPending() && props.approval.canReview}>
        <Estimated approval={props.approval} />
      </Show>
      <Before approval={props.approval} />

      <section aria-label="Who asks">
        <h2>Who asks</h2>
        <p>
          <PrincipalChain
            principal={props.approval.principal}
            delegation={props.approval.delegation}
            version={props.approval.agentVersion}
          />
        </p>
        <dl class="approval-facts">
          <div>
            <dt>Task</dt>
            <dd>
              <Visible text={props.approval.task ?? 'none given'} />
            </dd>
          </div>
          <div>
            <dt>Run</dt>
            <dd>
              <a href={`/runs/${encodeURIComponent(props.approval.run)}`}>attempt {props.approval.attempt}</a>
            </dd>
          </div>
          <Show when={props.approval.trigger}>
            {trigger => (
              <div>
                <dt>Started by</dt>
                <dd>
                  <Visible text={trigger()} />
                </dd>
              </div>
            )}
          </Show>
          <div>
            <dt>Asked</dt>
            <dd>
              <Time at={props.approval.askedAt} as="absolute" />
            </dd>
          </div>
        </dl>
      </section>

      <Show when={props.approval.reviews.length > 0}>
        <section aria-label="Votes">
          <h2>Votes</h2>
          <ul class="approval-votes">
            <For each={props.approval.reviews}>
              {review => (
                <li>
                  <VerdictChip
                    mark={review.vote === 'approve' ? 'allow' : 'deny'}
                    word={review.vote === 'approve' ? 'approved' : 'rejected'}
                  />
                  <b>
                    <Visible text={review.by} />
                  </b>
                  <Time at={review.at} as="clock" />
                  <Show when={review.comment}>
                    <span class="approval-comment">
                      <Visible text={review.comment} lines />
                    </span>
                  </Show>
                </li>
              )}
            </For>
          </ul>
        </section>
      </Show>

      <Story approval={props.approval} />
    </article>
  )
}

/** The session so far, as far as it is searchable: the last commands before this one. */
function Story(props: { approval: Approval }): JSX.Element {
  const commands = useQuery(() => ({
    queryKey: ['commands before', props.approval.command],
    queryFn: ({ signal }) =>
      api.commands({ session: props.approval.session, until: props.approval.askedAt, limit: String(before + 1) }, signal),
  }))
  const items = () =>
    (commands.isPending ? [] : (commands.data?.items ?? []))
      .filter(({ id }) => id !== props.approval.command)
      .slice(0, before)
      .toReversed()
  return (
    <section aria-label="The session so far">
      <h2>The session so far</h2>
      <Show
        when={items().length > 0}
        fallback={<p class="muted">{commands.isPending ? 'Looking…' : 'This is its first command, or search has not caught up yet.'}</p>}
      >
        <ol class="approval-story">
          <For each={items()}>
            {command => (
              <li>
                <a href={commandHref(command)}>
                  <Time at={command.at} as="clock" />
                </a>
                <Mono text={command.text} sql charactersMax={160} />
                <Show when={command.verdict !== 'allow' || command.error}>
                  <VerdictChip mark={command.error && command.verdict === 'allow' ? 'error' : command.verdict} isShort />
                </Show>
              </li>
            )}
          </For>
        </ol>
      </Show>
      <p>
        <a href={`/sessions/${encodeURIComponent(props.approval.session)}`}>Open the replay</a>
      </p>
    </section>
  )
}

function Operations(props: { operations: readonly Operation[] }): JSX.Element {
  return (
    <ul class="approval-operations" aria-label="What it would do">
      <For each={props.operations.slice(0, 40)}>
        {operation => (
          <li>
            <b class="mono">{operation.verb}</b>
            <Show when={operation.tables.length > 0}>
              <span class="mono">
                <Visible text={operation.tables.join(', ')} />
              </span>
            </Show>
            <Show when={operation.hasWhere === false && /^(?:UPDATE|DELETE)$/.test(operation.verb)}>
              <span class="chip deny">no condition: every row</span>
            </Show>
            <Show when={operation.isOpaque}>
              <span class="chip hold">cannot be known before it runs</span>
            </Show>
          </li>
        )}
      </For>
      <Show when={props.operations.length > 40}>
        <li class="muted">and {props.operations.length - 40} more</li>
      </Show>
    </ul>
  )
}

function Value(props: { cell: Cell }): JSX.Element {
  const masked = () => (typeof props.cell === 'object' && props.cell !== null && 'masked' in props.cell ? props.cell : null)
  return (
    <Show when={masked()} fallback={<Mono text={textOf(props.cell)} lines charactersMax={4000} />}>
      {mask => (
        <span class="chip mask" title={`masked by “${mask().rule}”`}>
          ▒ <Visible text={mask().masked ?? 'NULL'} />
        </span>
      )}
    </Show>
  )
}

function textOf(cell: Cell): string {
  if (cell === null) return 'NULL'
  if (typeof cell === 'string') return cell === '' ? "''" : cell
  if ('hex' in cell) return `\\x${cell.hex}`
  return 'cut' in cell ? `${cell.cut}…` : ''
}
