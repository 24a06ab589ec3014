/** Asks about one text after another; of several that are asked about at once only the last is answered. */
export interface Checker<Question> {
  check(question: Question): void
  close(): void
}

/**
 * Gives a checker that keeps at most one question under way, and asks the newest
 * when that is answered: what is said is always said of the text as it is.
 */
export function createChecker<Question, Answer>(
  ask: (question: Question) => Promise<Answer>,
  { onAnswer, onFailure }: { onAnswer(answer: Answer): void; onFailure(error: unknown): void },
): Checker<Question> {
  let isUnderWay = false
  let isClosed = false
  let next: { question: Question } | null = null

  async function send(question: Question): Promise<void> {
    isUnderWay = true
    const answer = await ask(question).then(
      is => () => onAnswer(is),
      (error: unknown) => () => onFailure(error),
    )
    isUnderWay = false
    if (isClosed) return
    if (next === null) return answer()
    const newest = next.question
    next = null
    void send(newest)
  }

  return {
    check(question) {
      if (isUnderWay) next = { question }
      else void send(question)
    },
    close() {
      isClosed = true
    },
  }
}
