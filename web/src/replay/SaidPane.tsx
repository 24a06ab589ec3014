import type { NoticeFrame } from '@steno/recordings'
import { Match, Switch, type JSX } from 'solid-js'
import { Visible } from '../ui/index.ts'
import { NoticeBox } from './AnswerPane.tsx'

/** What the target or the gateway said outside any command, or how the session ended. */
export function SaidPane(props: { said: NoticeFrame['said']; time: string }): JSX.Element {
  const as = <K extends NoticeFrame['said']['kind']>(kind: K) =>
    props.said.kind === kind ? (props.said as NoticeFrame['said'] & { kind: K }) : null
  return (
    <section class="rp-saying" aria-label="Said outside any command">
      <p class="rp-meta">
        <span>{props.time}</span>
        <span>outside any command</span>
      </p>
      <Switch>
        <Match when={as('notice')}>{said => <NoticeBox notice={said().notice} by="target" isError={false} />}</Match>
        <Match when={as('notification')}>
          {said => (
            <dl class="rp-fields">
              <dt>Notification</dt>
              <dd class="mono">
                <Visible text={said().channel} />
              </dd>
              <dt>Payload</dt>
              <dd class="mono">
                <Visible text={said().payload} lines />
              </dd>
              <dt>From process</dt>
              <dd class="mono">{said().process}</dd>
            </dl>
          )}
        </Match>
        <Match when={as('setting')}>
          {said => (
            <dl class="rp-fields">
              <dt>The target set</dt>
              <dd class="mono">
                <Visible text={said().name} />
              </dd>
              <dt>to</dt>
              <dd class="mono">
                <Visible text={said().value} />
              </dd>
            </dl>
          )}
        </Match>
        <Match when={as('gateway')}>
          {said => (
            <p>
              The gateway: <Visible text={said().message} />
            </p>
          )}
        </Match>
        <Match when={as('end')}>
          {said => (
            <>
              <h2>Session over: {said().end.reason}</h2>
              <p>
                <Visible text={said().end.message ?? ''} />
              </p>
              <p>{said().end.commands.toLocaleString('en')} commands.</p>
            </>
          )}
        </Match>
      </Switch>
    </section>
  )
}
