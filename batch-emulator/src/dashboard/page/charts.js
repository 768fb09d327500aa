// The charts: a square per node, and the tasks of a job over time. Plain SVG, built only from numbers.

import { svg } from './elements.js';
import { duration } from './parts.js';
import { marks, timeMarks } from './rate.js';

/** Task classes in the order in which the service sends them; a chart stacks them from the bottom up. */
export const CLASSES = ['active', 'running', 'succeeded', 'failed'];
const STACK = [2, 3, 1, 0];

// Shapes in a cell of 8 by 8, so that states can be distinguished without colour.
const FULL = 'h8v8h-8z';
const HOLLOW = 'h8v8h-8zm1.6 1.6v4.8h4.8v-4.8z';
const DOT = 'm2.5 2.5h3v3h-3z';
const CORNER = 'v8h8z';
const HALF = 'm0 4h8v4h-8z';
const DIAMOND = 'm4 0l4 4l-4 4l-4-4z';
const RING = 'm4 0l4 4l-4 4l-4-4zm0 2.2l-1.8 1.8l1.8 1.8l1.8-1.8z';
const BAR = 'm0 3h8v2h-8z';
const CROSS = 'm0 1.6l1.6-1.6l2.4 2.4l2.4-2.4l1.6 1.6l-2.4 2.4l2.4 2.4l-1.6 1.6l-2.4-2.4l-2.4 2.4l-1.6-1.6l2.4-2.4z';
const SLASH = 'm6.4 0h1.6v1.6l-6.4 6.4h-1.6v-1.6z';
const PLUS = 'm3 0h2v3h3v2h-3v3h-2v-3h-3v-2h3z';

/** Label, kind (see page.css) and shape of each node state. */
const NODES = {
  running: ['running', 'running', FULL],
  idle: ['idle', 'idle', HOLLOW],
  creating: ['creating', 'coming', DOT],
  starting: ['starting', 'coming', CORNER],
  waitingforstarttask: ['waiting for start task', 'coming', HALF],
  rebooting: ['rebooting', 'coming', RING],
  reimaging: ['reimaging', 'coming', DIAMOND],
  starttaskfailed: ['start task failed', 'bad', CROSS],
  unusable: ['unusable', 'bad', CROSS],
  preempted: ['preempted', 'bad', DIAMOND],
  unknown: ['no contact', 'bad', RING],
  deallocating: ['deallocating', 'gone', HALF],
  deallocated: ['deallocated', 'gone', DOT],
  offline: ['offline', 'gone', BAR],
  leavingpool: ['leaving', 'gone', SLASH],
};

function look(state) {
  return NODES[state] ?? [state, 'gone', PLUS];
}

/** Returns true if a node in this state cannot run tasks unless it recovers. */
export function isBad(state) {
  return look(state)[1] === 'bad';
}

/** Returns the label of a node state. */
export function nodeState(state) {
  return look(state)[0];
}

function shape(state, at = 'M0 0') {
  const [, kind, outline] = look(state);
  return svg('path', { class: `node ${kind}`, 'fill-rule': 'evenodd', d: at + outline });
}

/** Returns the legend symbol of a node state. */
export function nodeSign(state) {
  return svg('svg', { viewBox: '0 0 8 8', 'aria-hidden': 'true' }, shape(state));
}

/** Returns the legend symbol of a task class. */
export function taskSign(name) {
  return svg('svg', { viewBox: '0 0 8 8', 'aria-hidden': 'true' }, area(name, 'M0 0h8v8h-8z'));
}

/** Draws the nodes of a pool: one path per state, however many nodes there are. */
export function drawNodes(picture, pool, width) {
  const states = pool.nodes.map(([state]) => state);
  const count = pool.grid.length;
  const scale = count <= 60 ? 2 : count <= 250 ? 1.5 : 1;
  const pitch = 10 * scale;
  const columns = Math.max(1, Math.floor((width + 2 * scale) / pitch));
  const places = states.map(() => []);
  for (let at = 0; at < count; at += 1) {
    places[pool.grid.charCodeAt(at) - 97]?.push([(at % columns) * 10, Math.floor(at / columns) * 10]);
  }
  const paths = states.map((state, index) => {
    const outline = look(state)[2];
    const path = shape(state);
    path.setAttribute('d', places[index].map(([x, y]) => `M${x} ${y}${outline}`).join(''));
    path.dataset.state = state;
    path.dataset.count = places[index].length;
    return path;
  });
  const height = Math.ceil(count / columns) * pitch;
  picture.setAttribute('viewBox', `0 0 ${width} ${height}`);
  picture.setAttribute('height', height);
  picture.replaceChildren(svg('g', { transform: `scale(${scale})` }, ...paths));
}

function area(name, d) {
  const fill = name === 'failed' || name === 'active' ? { fill: `url(#fill-${name})` } : {};
  return svg('path', { class: `area ${name}`, d, ...fill });
}

const HEIGHT = 96;
const FOOT = 16;
const LEFT = 34;
/** The least height of an area of failed tasks: however few there are, they can be seen. */
const LEAST_FAILED = 7;

/** Returns the heights of the areas of a sample in the order of the classes. Other classes make room for failed ones. */
function heights(sample, most) {
  const exact = CLASSES.map((_, index) => (sample[index + 1] / most) * HEIGHT);
  const failed = exact[3] > 0 ? Math.max(exact[3], LEAST_FAILED) : 0;
  const others = exact[0] + exact[1] + exact[2];
  const room = Math.max(0, Math.min(others, HEIGHT - failed));
  return exact.map((height, index) => (index === 3 ? failed : others > 0 ? (height / others) * room : 0));
}

/** Draws the tasks of a job over time; a sample holds until the next one. */
export function drawTasks(picture, samples, until, speed, width) {
  const begin = samples[0][0];
  const last = samples.at(-1)[0];
  // The last sample is drawn too, however new it is.
  const end = Math.max(until, last + Math.max((last - begin) * 0.04, 500 * speed));
  const span = end - begin;
  const most = Math.max(1, ...samples.map((sample) => sum(sample)));
  const x = (time) => round(LEFT + ((time - begin) / span) * (width - LEFT));
  const y = (height) => round(HEIGHT - height);
  const times = [...samples.slice(1).map(([time]) => time), end];
  const shares = samples.map((sample) => heights(sample, most));
  let below = samples.map(() => 0);
  const areas = STACK.map((index) => {
    const above = samples.map((_, at) => below[at] + shares[at][index]);
    let d = `M${x(begin)} ${y(above[0])}`;
    above.forEach((height, at) => (d += `V${y(height)}H${x(times[at])}`));
    for (let at = samples.length - 1; at >= 0; at -= 1) d += `V${y(below[at])}H${x(samples[at][0])}`;
    below = above;
    const path = area(CLASSES[index], `${d}z`);
    path.dataset.most = Math.max(...samples.map((sample) => sample[index + 1]));
    path.dataset.height = Math.max(...shares.map((share) => share[index])).toFixed(1);
    return path;
  });
  picture.setAttribute('viewBox', `0 0 ${width} ${HEIGHT + FOOT}`);
  picture.setAttribute('height', HEIGHT + FOOT);
  picture.replaceChildren(...areas, ...countAxis(most, width), ...timeAxis(span, width, x, begin, speed));
}

/** Draws the marks of the number of tasks. */
function countAxis(most, width) {
  return marks(most, 3).flatMap((count) => {
    const height = round(HEIGHT - (count / most) * HEIGHT) + 0.5;
    return [
      svg('path', { class: count === 0 ? 'axis' : 'mark', d: `M${LEFT - 3} ${height}H${width}` }),
      svg('text', { class: 'count', x: LEFT - 6, y: Math.max(height + 4, 9), 'text-anchor': 'end' }, brief(count)),
    ];
  });
}

/** Draws the marks of the time since the first sample. */
function timeAxis(span, width, x, begin, speed) {
  const room = Math.max(2, Math.floor((width - LEFT) / 90));
  return timeMarks(span, room).flatMap((since, index, all) => {
    const at = x(begin + since);
    const unit = speed !== 1 && index === all.length - 1 ? ' of its time' : '';
    const edge = at > width - 40 || (unit && at > width - 110) ? 'end' : index === 0 ? 'start' : 'middle';
    return [
      svg('path', { class: 'axis', d: `M${at} ${HEIGHT}v4` }),
      svg('text', { class: 'time', x: edge === 'end' ? Math.min(at + 14, width) : at, y: HEIGHT + FOOT - 2, 'text-anchor': edge }, `${axisTime(since)}${unit}`),
    ];
  });
}

function axisTime(millis) {
  return millis < 10_000 ? `${millis / 1000} s` : duration(millis);
}

/** Formats a count in the room beside the axis. */
function brief(count) {
  if (count >= 1_000_000) return `${round(count / 1_000_000)}M`;
  return count >= 10_000 ? `${round(count / 1000)}k` : String(count);
}

function sum(sample) {
  return sample[1] + sample[2] + sample[3] + sample[4];
}

function round(number) {
  return Math.round(number * 10) / 10;
}
