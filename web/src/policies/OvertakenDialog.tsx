import type { JSX } from 'solid-js'
import { Dialog } from '../ui/index.ts'
import { TextDiff } from './TextDiff.tsx'

export interface OvertakenDialogProps {
  before: string
  after: string
  onClose(): void
  onGoOn(): void
}

/** What came into force meanwhile beside a draft that was begun before, for its author to bring the two together. */
export function OvertakenDialog(props: OvertakenDialogProps): JSX.Element {
  return (
    <Dialog isOpen onClose={() => props.onClose()} title="What is in force, and your draft" class="publish">
      <div class="publish-body">
        <TextDiff before={props.before} after={props.after} label="The version in force beside your draft" />
        <p class="muted">What is on the left is in force now and was not when you began. Put into your draft what must stay.</p>
        <footer>
          <button type="button" class="button" onClick={() => props.onClose()}>
            Close
          </button>
          <button type="button" class="button primary" onClick={() => props.onGoOn()}>
            Go on with my draft
          </button>
        </footer>
      </div>
    </Dialog>
  )
}
