import { useNavigate } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import { createMemo, createSignal, For, Show, type JSX } from 'solid-js'
import { api } from './api.ts'
import { setTheme, themes } from './theme.ts'
import { clockLabel } from './ui/labels.ts'
import { nowMs } from './clock.ts'
import { Dialog } from './ui/Dialog.tsx'
import { Kbd } from './ui/Kbd.tsx'
import { visibleText } from './ui/visible-text.ts'
import { rank } from './rank.ts'

interface Choice {
  group: string
  label: string
  detail: string
  keys?: string
  run(): void
}

export interface PaletteProps {
  places: readonly { href: string; name: string; keys: string }[]
  onClose(): void
  onKeys(): void
}

const choicesMax = 12

/** Goes anywhere in a few keys: pages, recent sessions, the theme, a search. */
export function Palette(props: PaletteProps): JSX.Element {
  const navigate = useNavigate()
  const [typed, setTyped] = createSignal('')
  const [at, setAt] = createSignal(0)
  const recent = useQuery(() => ({
    queryKey: ['palette'],
    queryFn: ({ signal }) => api.sessions({ limit: '30' }, signal),
    suspense: false,
  }))
  const goTo = (href: string) => (): void => navigate(href)

  const all = createMemo((): Choice[] => [
    ...props.places.map(place => ({ group: 'Pages', label: place.name, detail: '', keys: place.keys, run: goTo(place.href) })),
    ...(recent.isSuccess ? recent.data.items : []).map(session => ({
      group: 'Recent sessions',
      label: visibleText(`${session.task ?? 'no task'} #${session.attempt}`),
      detail: visibleText(`${session.principal} · ${session.target} · ${clockLabel(new Date(session.startedAt), new Date(nowMs()))}`),
      run: goTo(`/sessions/${encodeURIComponent(session.id)}`),
    })),
    ...themes.map(theme => ({ group: 'Theme', label: `Theme: ${theme}`, detail: '', run: () => setTheme(theme) })),
    { group: 'Help', label: 'Keyboard map', detail: '', keys: '?', run: () => props.onKeys() },
  ])
  const choices = createMemo((): Choice[] => {
    const found = rank(all(), typed(), choice => `${choice.label} ${choice.detail}`).slice(0, choicesMax)
    const text = typed().trim()
    return text
      ? [
          ...found,
          {
            group: 'Search',
            label: `Search sessions for “${visibleText(text)}”`,
            detail: '',
            run: goTo(`/sessions?q=${encodeURIComponent(text)}`),
          },
        ]
      : found
  })

  function choose(choice: Choice | undefined): void {
    if (!choice) return
    props.onClose()
    choice.run()
  }

  function onKeyDown(event: KeyboardEvent): void {
    const count = choices().length
    if (event.key === 'ArrowDown' || (event.ctrlKey && event.key === 'n')) setAt((at() + 1) % count)
    else if (event.key === 'ArrowUp' || (event.ctrlKey && event.key === 'p')) setAt((at() - 1 + count) % count)
    else if (event.key === 'Enter') choose(choices()[at()])
    else return
    event.preventDefault()
    document.getElementById(`choice-${at()}`)?.scrollIntoView({ block: 'nearest' })
  }

  return (
    <Dialog isOpen isBare onClose={() => props.onClose()} title="Go to anything" class="palette">
      <input
        class="palette-input"
        placeholder="Go to a page or a session, or search"
        aria-label="Go to anything"
        role="combobox"
        aria-expanded="true"
        aria-controls="choices"
        aria-activedescendant={choices().length > 0 ? `choice-${at()}` : undefined}
        autocomplete="off"
        spellcheck={false}
        value={typed()}
        onInput={event => {
          setTyped(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={onKeyDown}
      />
      <div class="palette-list" id="choices" role="listbox" aria-label="Choices">
        <For each={choices()}>
          {(choice, index) => (
            <>
              <Show when={choices()[index() - 1]?.group !== choice.group}>
                <div class="palette-group" role="presentation">
                  {choice.group}
                </div>
              </Show>
              <div
                class="palette-choice"
                id={`choice-${index()}`}
                role="option"
                aria-selected={index() === at()}
                onPointerMove={() => setAt(index())}
                onClick={() => choose(choice)}
              >
                <span>{choice.label}</span>
                <span class="faint">{choice.detail}</span>
                <span class="spring" />
                <Show when={choice.keys}>{keys => <Kbd keys={keys()} />}</Show>
              </div>
            </>
          )}
        </For>
      </div>
    </Dialog>
  )
}
