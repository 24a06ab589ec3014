import { sizeMediaType } from './add-checkpoint.ts'

/** What a witness answers, in HTTP's terms. */
export interface Reply {
  status: 200 | 400 | 403 | 404 | 409 | 413 | 422 | 503
  type: string
  body: string
}

const plain = 'text/plain; charset=utf-8'

export function signed(lines: string): Reply {
  return { status: 200, type: plain, body: lines }
}

/** The old size is not the one that the witness knows; this is. */
export function otherSize(size: number): Reply {
  return { status: 409, type: sizeMediaType, body: `${size}\n` }
}

/** Why nothing was signed, for whoever reads the log's log. */
export function refused(status: Exclude<Reply['status'], 200 | 409>, reason: string): Reply {
  return { status, type: plain, body: `${reason}\n` }
}
