// Where texts are only written, nothing is compared: this comes with the first comparison.
import 'monaco-editor/features/diffEditor/register'
import { createEffect, onCleanup, onMount, type JSX } from 'solid-js'
import { after } from '../clock.ts'
import { createNarrow } from '../ui/index.ts'
import { editor, prepareMonaco } from './monaco.ts'

/** No comparison of two policies takes that long. */
const comparedMs = 10_000

export interface TextDiffProps {
  before: string
  after: string
  /** What the two texts are, for whoever hears the page. */
  label: string
}

/** Two texts beside each other, or below each other where there is no room, with what differs marked. */
export function TextDiff(props: TextDiffProps): JSX.Element {
  let place!: HTMLDivElement
  const isNarrow = createNarrow()
  onMount(() => {
    prepareMonaco()
    // Plain text to the type checker: of two versions of one policy each would be declared twice.
    const [original, modified] = [editor.createModel('', 'typescript'), editor.createModel('', 'typescript')]
    const view = editor.createDiffEditor(place, {
      theme: 'steno',
      readOnly: true,
      automaticLayout: true,
      minimap: { enabled: false },
      scrollBeyondLastLine: false,
      hideUnchangedRegions: { enabled: true },
      renderOverviewRuler: false,
      renderSideBySide: !isNarrow(),
      renderValidationDecorations: 'off',
      fontSize: 12,
    })
    view.setModel({ original, modified })
    // What the editor of both is told of names does not reach the two.
    view.getOriginalEditor().updateOptions({ ariaLabel: `${props.label}: before` })
    view.getModifiedEditor().updateOptions({ ariaLabel: `${props.label}: after` })
    // Where the page lets it, the comparison is as high as what there is to see.
    const both = [view.getOriginalEditor(), view.getModifiedEditor()]
    const measure = () => place.style.setProperty('--text-height', `${Math.max(...both.map(one => one.getContentHeight())) + 2}px`)
    for (const one of both) one.onDidContentSizeChange(measure)
    createEffect(() => original.setValue(props.before))
    createEffect(() => modified.setValue(props.after))
    onCleanup(() => {
      view.dispose()
      // A comparison that is under way fails aloud when its texts are gone.
      after(comparedMs, () => {
        original.dispose()
        modified.dispose()
      })
    })
  })
  return <div class="text-diff" ref={place} />
}
