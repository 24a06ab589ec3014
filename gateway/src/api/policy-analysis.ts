/** How hard a question about a policy may be here, where commands of sessions wait for the same thread; the editor and the shell ask harder ones. */
export const analysisStepsMax = 2000
