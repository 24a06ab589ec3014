import { createSignal, onCleanup, type Accessor } from 'solid-js'

/** Says whether a media query holds, now and whenever that changes. */
export function createMedia(query: string): Accessor<boolean> {
  const media = window.matchMedia(query)
  const [holds, setHolds] = createSignal(media.matches)
  const onChange = (): void => void setHolds(media.matches)
  media.addEventListener('change', onChange)
  onCleanup(() => media.removeEventListener('change', onChange))
  return holds
}

/** Says whether the page is narrow enough for tables to become rows of two lines. */
export function createNarrow(): Accessor<boolean> {
  return createMedia('(max-width: 760px)')
}
