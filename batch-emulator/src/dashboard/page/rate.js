// The rate at which the tasks of a job end, and the time that the rest will take. All times are the service's, in
// milliseconds; samples are its time and the counts of active, running, succeeded and failed tasks.

/** The rate is that of the last minute of real time, or of a third of the series if that is longer. */
const WINDOW = 60_000;

const done = (sample) => sample[3] + sample[4];

/** Returns the number of tasks that end in a minute of the service's time, or null if that is not known. */
export function rate(samples, now, speed) {
  if (samples.length < 2) return null;
  const last = samples.at(-1);
  const first = samples[0][0];
  const begin = Math.max(first, now - Math.max(WINDOW * speed, (now - first) / 3));
  const before = samples.findLast((sample) => sample[0] <= begin) ?? samples[0];
  const span = now - before[0];
  const ended = done(last) - done(before);
  return span >= 500 * speed && ended > 0 ? (ended / span) * 60_000 : null;
}

/** Returns the time until the tasks that are left have ended, or null if that is not known. */
export function timeLeft(samples, now, speed) {
  const perMinute = rate(samples, now, speed);
  const [, active, running] = samples.at(-1) ?? [0, 0, 0];
  return perMinute === null || active + running === 0 ? null : ((active + running) / perMinute) * 60_000;
}

/** Formats a rate with a unit in which it is neither tiny nor huge. */
export function showRate(perMinute) {
  const [value, unit] = perMinute >= 600 ? [perMinute / 60, 's'] : perMinute >= 1 ? [perMinute, 'min'] : [perMinute * 60, 'h'];
  return `${value >= 100 ? Math.round(value).toLocaleString('en') : Number(value.toPrecision(2))} tasks/${unit}`;
}

/** Returns nice marks for an axis from 0 to `most`: at most `count` steps of 1, 2 or 5 times a power of ten. */
export function marks(most, count) {
  const rough = most / count;
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1e-9)));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, index) => index * step);
}

/** Units of time in which an axis has steps: 1, 2, 5, 10, 15 or 30 of them. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];

/** Returns the marks of a time axis from 0 to `span`. */
export function timeMarks(span, count) {
  const seconds = span / 1000;
  const step = STEPS.find((size) => seconds / size <= count) ?? Math.ceil(seconds / count / 86_400) * 86_400;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step * 1000);
}
