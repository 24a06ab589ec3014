import { createSignal, Show, type JSX } from 'solid-js'
import { nowMs } from '../clock.ts'
import { describeProblem } from '../ui/describe-problem.ts'
import { comparedWords, type Compared } from './compared-words.ts'
import { readSeen } from './look-at-log.ts'
import { runTask } from './run-task.ts'

/** Holds a checkpoint that somebody kept against the log as it is: one history, or two. */
export function CompareCheckpoint(): JSX.Element {
  const [note, setNote] = createSignal('')
  const [outcome, setOutcome] = createSignal<Compared | 'comparing' | null>(null)
  const compared = () => {
    const state = outcome()
    return state === 'comparing' ? null : state
  }

  async function compare(event: Event): Promise<void> {
    event.preventDefault()
    const text = `${note().trim()}\n`
    const seen = readSeen(text)
    if (!seen) return void setOutcome({ tone: 'unsure', says: 'This is no checkpoint: expected a name, a size, a root and signatures.' })
    setOutcome('comparing')
    try {
      const look = await runTask('look', { seen: text, witnesses: [], fromUs: nowMs() * 1000 })
      setOutcome(look ? comparedWords(seen, look) : { tone: 'unsure', says: 'The log has published no checkpoint.' })
    } catch (error) {
      setOutcome({ tone: 'unsure', says: `It could not be compared: ${describeProblem(error).why}` })
    }
  }

  return (
    <form class="proof-compare" onSubmit={event => void compare(event)}>
      <label for="kept-checkpoint">Compare one that you kept</label>
      <textarea
        id="kept-checkpoint"
        class="mono"
        rows={3}
        spellcheck={false}
        autocomplete="off"
        placeholder={'the log’s name\nits size\nits root …'}
        value={note()}
        onInput={event => setNote(event.currentTarget.value)}
      />
      <button type="submit" class="button small" disabled={note().trim() === '' || outcome() === 'comparing'}>
        {outcome() === 'comparing' ? 'Comparing …' : 'Compare'}
      </button>
      <div aria-live="polite">
        <Show when={compared()}>{each => <p class={`proof-verdict is-${each().tone}`}>{each().says}</p>}</Show>
      </div>
    </form>
  )
}
