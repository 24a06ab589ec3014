import type { LiveSchema } from '@steno/policy-dsl'
import { createEffect, on, onCleanup, onMount, type JSX } from 'solid-js'
import { unwrap } from 'solid-js/store'
import { createNarrow } from '../ui/index.ts'
import type { Checked } from './check-messages.ts'
import { createChecker, type Checker } from './create-checker.ts'
import { marksOf, type TextMark } from './marks.ts'
import { declareTypes, editor, languages, MarkerSeverity, prepareMonaco, Uri } from './monaco.ts'

export interface PolicyEditorProps {
  name: string
  source: string
  types: string
  live: LiveSchema
  isReadOnly: boolean
  onChange(source: string): void
  onChecked(checked: Checked, marks: TextMark[]): void
}

const owner = 'steno'
const severities = { error: MarkerSeverity.Error, warning: MarkerSeverity.Warning, info: MarkerSeverity.Info }

/** The text of a policy, with what TypeScript, our compiler and the analysis say of it while it is typed. */
export function PolicyEditor(props: PolicyEditorProps): JSX.Element {
  let place!: HTMLDivElement
  const isNarrow = createNarrow()
  onMount(() => {
    prepareMonaco()
    declareTypes(props.types)
    const model = editor.createModel(props.source, 'typescript', Uri.parse(`file:///${encodeURIComponent(props.name)}.policy.ts`))
    const view = editor.create(place, {
      model,
      theme: 'steno',
      readOnly: props.isReadOnly,
      automaticLayout: true,
      fontFamily: "'JetBrains Mono Variable', 'JetBrains Mono', ui-monospace, monospace",
      fontSize: 13,
      lineHeight: 21,
      minimap: { enabled: false },
      scrollBeyondLastLine: false,
      renderLineHighlight: 'line',
      tabSize: 2,
      wordWrap: isNarrow() ? 'on' : 'off',
      padding: { top: 12, bottom: 12 },
      ariaLabel: `Policy ${props.name}`,
      fixedOverflowWidgets: true,
    })
    const checker = startChecker(checked => {
      const marks = marksOf(checked)
      editor.setModelMarkers(
        model,
        owner,
        marks.map(mark => ({
          ...rangeOf(model, mark),
          severity: severities[mark.severity],
          message: mark.message,
          code: mark.code,
          source: 'steno',
        })),
      )
      last = marks
      props.onChecked(checked, marks)
    })
    let last: TextMark[] = []
    const fixes = languages.registerCodeActionProvider('typescript', {
      provideCodeActions: (asked, range) => ({
        actions: last
          .filter(mark => mark.suggestion !== null && overlaps(rangeOf(asked, mark), range))
          .map(mark => ({
            title: `Change to ${mark.suggestion}`,
            kind: 'quickfix',
            isPreferred: true,
            edit: {
              edits: [
                { resource: asked.uri, versionId: asked.getVersionId(), textEdit: { range: rangeOf(asked, mark), text: mark.suggestion! } },
              ],
            },
          })),
        dispose: () => {},
      }),
    })
    // A worker takes plain values only.
    const live = unwrap(props.live)
    checker.check(props.source, live)
    const changes = model.onDidChangeContent(() => {
      const source = model.getValue()
      props.onChange(source)
      checker.check(source, live)
    })
    createEffect(
      on(
        () => props.source,
        source => {
          if (source !== model.getValue()) model.setValue(source)
        },
        { defer: true },
      ),
    )
    createEffect(() => view.updateOptions({ readOnly: props.isReadOnly }))
    onCleanup(() => {
      for (const one of [changes, fixes, view, model]) one.dispose()
      checker.close()
    })
  })
  return <div class="policy-editor" ref={place} />
}

function startChecker(onChecked: (checked: Checked) => void): Checker {
  const worker = new Worker(new URL('./check-worker.ts', import.meta.url), { type: 'module' })
  return createChecker(
    {
      postMessage: request => worker.postMessage(request),
      onChecked: hear => worker.addEventListener('message', ({ data }: MessageEvent<Checked>) => hear(data)),
      terminate: () => worker.terminate(),
    },
    onChecked,
  )
}

interface Range {
  startLineNumber: number
  startColumn: number
  endLineNumber: number
  endColumn: number
}

function rangeOf(model: { getPositionAt(offset: number): { lineNumber: number; column: number } }, { start, end }: TextMark): Range {
  const [from, to] = [model.getPositionAt(start), model.getPositionAt(Math.max(end, start + 1))]
  return { startLineNumber: from.lineNumber, startColumn: from.column, endLineNumber: to.lineNumber, endColumn: to.column }
}

function overlaps(one: Range, other: Range): boolean {
  const before = (a: Range, b: Range) =>
    a.endLineNumber < b.startLineNumber || (a.endLineNumber === b.startLineNumber && a.endColumn < b.startColumn)
  return !before(one, other) && !before(other, one)
}
