import { createEffect, onCleanup, onMount, type JSX } from 'solid-js'
import { createNarrow } from '../ui/index.ts'
import { editor, prepareMonaco } from './monaco.ts'

export interface ReadOnlyTextProps {
  text: string
  label: string
  /** The line that is meant, from 1. */
  line: number | null
}

/** A policy's text to read, with the line that is meant in the middle. */
export function ReadOnlyText(props: ReadOnlyTextProps): JSX.Element {
  let place!: HTMLDivElement
  const isNarrow = createNarrow()
  onMount(() => {
    prepareMonaco()
    const model = editor.createModel('', 'typescript')
    const view = editor.create(place, {
      model,
      theme: 'steno',
      readOnly: true,
      domReadOnly: true,
      automaticLayout: true,
      fontFamily: "'JetBrains Mono Variable', 'JetBrains Mono', ui-monospace, monospace",
      fontSize: 13,
      lineHeight: 21,
      minimap: { enabled: false },
      scrollBeyondLastLine: false,
      renderLineHighlight: 'none',
      renderValidationDecorations: 'off',
      wordWrap: isNarrow() ? 'on' : 'off',
      padding: { top: 12, bottom: 12 },
      ariaLabel: props.label,
    })
    const marks = view.createDecorationsCollection()
    createEffect(() => {
      model.setValue(props.text)
      const line = props.line === null ? null : Math.min(props.line, model.getLineCount())
      if (line === null) return marks.clear()
      const range = { startLineNumber: line, startColumn: 1, endLineNumber: line, endColumn: 1 }
      marks.set([{ range, options: { isWholeLine: true, className: 'policy-meant', linesDecorationsClassName: 'policy-meant-edge' } }])
      view.setPosition({ lineNumber: line, column: 1 })
      view.revealLineInCenter(line)
    })
    onCleanup(() => {
      view.dispose()
      model.dispose()
    })
  })
  return <div class="policy-editor" ref={place} />
}
