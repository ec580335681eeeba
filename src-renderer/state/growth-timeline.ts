/**
 * At which steps something was done to a growth, for the marks on its timeline. Frames tell how many events there are,
 * not where: this keeps the places of those that were seen to come, and forgets with the growth what it forgot.
 */
export interface TimelineFrame {
  readonly step: number;
  readonly eventsSoFar: number;
  readonly events: number;
}

/**
 * @param steps Of the events known before, ascending; a growth's first events may come at once (a reopened artwork), and
 * then lie at the frame's step for want of a better place.
 * @returns as many steps as the growth has events.
 */
export function eventStepsAfter(steps: readonly number[], frame: TimelineFrame): readonly number[] {
  const past = steps.slice(0, frame.eventsSoFar).map((step) => Math.min(step, frame.step));
  while (past.length < frame.eventsSoFar) past.push(frame.step);
  const later = steps.slice(frame.eventsSoFar, frame.events);
  while (past.length + later.length < frame.events) later.push(later.at(-1) ?? frame.step);
  const after = [...past, ...later];
  const isSame = after.length === steps.length && after.every((step, index) => step === steps[index]);
  return isSame ? steps : after;
}

/** Events later than the step at which something is painted are forgotten by the growth. */
export function eventStepsUntil(steps: readonly number[], step: number): readonly number[] {
  const kept = steps.filter((at) => at <= step);
  return kept.length === steps.length ? steps : kept;
}

/** The timeline's end: at least as far as the picture was meant to be grown, so that its handle does not jump about. */
export function timelineEnd(lastStep: number, trainedSteps: number): number {
  return Math.max(lastStep, trainedSteps, 1);
}

/** Where the marks are, in percent of the timeline; at most one a percent and a half, as more could not be told apart. */
export function timelineMarks(steps: readonly number[], end: number): readonly number[] {
  const places = new Set<number>();
  for (const step of steps) places.add(Math.round((Math.min(step, end) / end) * 66.667) * 1.5);
  return [...places].map((place) => Math.min(place, 100)).sort((a, b) => a - b);
}
