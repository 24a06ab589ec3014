import { For, type JSX } from 'solid-js'

/** A key or a sequence of keys, as the keyboard shows them: `g s`, `mod+k`. */
export function Kbd(props: { keys: string }): JSX.Element {
  return <For each={props.keys.split(' ')}>{press => <kbd>{keyLabel(press)}</kbd>}</For>
}

function keyLabel(press: string): string {
  const isApple = /Mac|iPhone|iPad/.test(navigator.platform)
  return press
    .split('+')
    .map(part =>
      part === 'mod' ? (isApple ? '⌘' : 'Ctrl ') : (labels[part] ?? (part.length === 1 && press.length > 1 ? part.toUpperCase() : part)),
    )
    .join('')
}

const labels: Record<string, string> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  Enter: '↵',
  Space: 'Space',
  shift: '⇧',
  alt: '⌥',
  Backspace: '⌫',
}
