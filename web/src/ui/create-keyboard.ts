/** One thing a key does. `keys` is one press (`j`, `?`, `mod+k`, `shift+ArrowLeft`) or a sequence of presses (`g s`). */
export interface KeyBinding {
  keys: string
  /** What it does, as the keyboard map says it. */
  title: string
  group: string
  run(): void
  /** Works while typing in a field as well. */
  whileTyping?: boolean
  /** Left out of the keyboard map: a second key for something already there. */
  isHidden?: boolean
}

/** A key press with what decides whether it counts. */
export interface KeyPress {
  key: string
  ctrl: boolean
  meta: boolean
  alt: boolean
  shift: boolean
  /** The focus is in a field, an editor, or anything else that takes text. */
  isTyping: boolean
  /** The focus is on something that Enter and Space press. */
  isOnControl: boolean
  atMs: number
}

export interface Keyboard {
  /** Adds bindings over those already there; the function it gives back takes them away again. */
  bind(bindings: readonly KeyBinding[]): () => void
  /** Runs what the press means and says whether it meant anything. */
  press(press: KeyPress): boolean
  /** Everything that can be pressed now, the newest meaning of each key. */
  map(): KeyBinding[]
}

/** The longest wait between the presses of a sequence. */
export const sequenceMsMax = 1200

/** Gives one keyboard map for the whole page: later bindings cover earlier ones, and nothing fires while someone types. */
export function createKeyboard(): Keyboard {
  const layers: (readonly KeyBinding[])[] = []
  let begun = { keys: '', atMs: 0 }

  function newest(): Map<string, KeyBinding> {
    const map = new Map<string, KeyBinding>()
    for (const layer of layers) for (const binding of layer) map.set(binding.keys, binding)
    return map
  }

  return {
    bind(bindings) {
      layers.push(bindings)
      return () => {
        const index = layers.indexOf(bindings)
        if (index >= 0) layers.splice(index, 1)
      }
    },
    press(press) {
      const name = nameOf(press)
      const isContinued = begun.keys !== '' && press.atMs - begun.atMs <= sequenceMsMax
      const sequence = isContinued ? `${begun.keys} ${name}` : name
      begun = { keys: '', atMs: 0 }
      const map = newest()
      for (const keys of sequence === name ? [name] : [sequence, name]) {
        const binding = map.get(keys)
        if (binding) {
          if (press.isTyping && !binding.whileTyping) return false
          if (press.isOnControl && (keys === 'Enter' || keys === 'Space')) return false
          binding.run()
          return true
        }
        if (!press.isTyping && [...map.keys()].some(other => other.startsWith(`${keys} `))) {
          begun = { keys, atMs: press.atMs }
          return true
        }
      }
      return false
    },
    map: () => [...newest().values()].filter(binding => !binding.isHidden),
  }
}

function nameOf(press: KeyPress): string {
  const key = press.key === ' ' ? 'Space' : press.key
  const isLetterOrSign = key.length === 1
  const name = isLetterOrSign && (press.ctrl || press.meta) ? key.toLowerCase() : key
  return [
    press.ctrl || press.meta ? 'mod+' : '',
    press.alt ? 'alt+' : '',
    // A sign or capital already says shift.
    press.shift && (!isLetterOrSign || press.ctrl || press.meta) ? 'shift+' : '',
    name,
  ].join('')
}
