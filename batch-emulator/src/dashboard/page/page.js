// The page: shows the view that the address names, and polls it every second.

import { at, html, link, say } from './elements.js';
import { Job } from './job.js';
import { Node } from './node.js';
import { openOverview, pollOverview, resizeOverview } from './overview.js';
import { clock, number } from './parts.js';
import { Pool } from './pool.js';
import { failuresRoute, jobRoute, OVERVIEW, parse, poolRoute } from './routes.js';
import { forget, Refused } from './service.js';
import { Failures, Task } from './task.js';

const PAUSE = 1000;
const LONGEST_PAUSE = 4000;
const TITLE = 'Azure Batch emulator';

const VIEWS = { failures: Failures, job: Job, task: Task, pool: Pool, node: Node };

/** The current view: `null` is the overview. */
let view = null;
let route = null;
let lastGood = 0;

// ---- Views ------------------------------------------------------------------------------------------------------

/** Leads from the overview to the current view. */
function crumbs(to) {
  const parts = [[OVERVIEW, 'Overview']];
  if (to.view === 'failures') parts.push([failuresRoute(), 'Failed tasks']);
  if (to.job) parts.push([jobRoute(to.job), `Job ${to.job}`]);
  if (to.task) parts.push([null, `Task ${to.task}`]);
  if (to.pool) parts.push([poolRoute(to.pool), `Pool ${to.pool}`]);
  if (to.node) parts.push([null, 'Node']);
  return parts;
}

function showPath(to) {
  const parts = crumbs(to);
  at('crumbs').hidden = to.view === 'overview';
  const items = parts.map(([address, name], index) => {
    const isLast = index === parts.length - 1;
    return html('li', isLast ? { 'aria-current': 'page' } : {}, isLast ? name : link(address, name));
  });
  at('crumbs').replaceChildren(html('ol', {}, ...items));
  document.title = to.view === 'overview' ? TITLE : `${parts.at(-1)[1]} – ${TITLE}`;
}

/** The same view with another filter: its fields stay as they are, with the focus. */
function isSameView(one, other) {
  return one && one.view === other.view && ['job', 'task', 'pool', 'node'].every((part) => one[part] === other[part]);
}

let cancel = new AbortController();

function open() {
  const to = parse(location.hash);
  const stays = isSameView(route, to);
  const isFirst = route === null;
  cancel.abort();
  cancel = new AbortController();
  route = to;
  forget();
  showPath(to);
  const isOverview = to.view === 'overview';
  at('overview').hidden = !isOverview;
  at('detail').hidden = isOverview;
  if (isOverview) {
    view = null;
  } else if (stays && view) {
    view.filter(to.filter);
  } else {
    const View = VIEWS[to.view];
    view = View ? new View(to) : null;
    at('detail').replaceChildren(view ? view.element : html('h2', {}, 'There is no such page'));
  }
  if (!stays) {
    scrollTo(0, 0);
    // What was opened by a link is read from its start.
    if (!isFirst) at(isOverview ? 'overview' : 'detail').focus({ preventScroll: true });
  }
  restart();
}

// ---- Polling ----------------------------------------------------------------------------------------------------

let timer = null;
let failures = 0;
let turn = 0;

function restart() {
  clearTimeout(timer);
  turn += 1;
  if (!document.hidden) round(turn, true);
}

/** Polls once and plans the next poll, unless another view was opened in the meantime. */
async function round(mine, isFirst) {
  const begin = performance.now();
  const { signal } = cancel;
  const current = view;
  try {
    if (route.view === 'overview') {
      if (isFirst) await openOverview(route, signal);
      about(await pollOverview(signal));
    } else if (current) {
      about(await current.poll(signal));
    }
    if (mine !== turn) return;
    failures = 0;
    found();
  } catch (error) {
    if (mine !== turn) return;
    if (error instanceof Refused && error.status === 404) {
      failures = 0;
      current?.gone();
      found();
    } else {
      failures += 1;
      lost();
    }
  }
  if (document.hidden) return;
  const isOpen = isFirst && failures > 0;
  const retry = Math.min(PAUSE * 2 ** Math.max(0, failures - 1), LONGEST_PAUSE);
  // What takes the service long is asked for less often, so that watching costs at most a tenth of its time.
  const rest = failures ? 0 : (performance.now() - begin) * 10;
  timer = setTimeout(() => round(mine, isOpen), Math.max(retry, rest));
}

function about(service) {
  if (!service) return;
  const { account, speed, version } = service;
  const pace = speed === 1 ? '' : ` · clock at ${number(speed)} × real time`;
  say(at('about'), `account ${account} · ${location.origin} · version ${version}${pace}`);
}

function found() {
  lastGood = Date.now();
  at('link').className = 'link live';
  say(at('link'), 'live');
  at('lost').hidden = true;
  document.body.classList.remove('stale');
}

function lost() {
  at('link').className = 'link gone';
  say(at('link'), 'connection lost');
  if (!at('lost').hidden) return;
  const then = lastGood ? ` The data shown is from ${clock(lastGood)}.` : '';
  say(at('lost'), `The connection to the service is lost: it has stopped or does not respond.${then} This page retries automatically.`);
  at('lost').hidden = false;
  document.body.classList.add('stale');
}

// ---- Start ------------------------------------------------------------------------------------------------------

let resized = null;
addEventListener('resize', () => {
  clearTimeout(resized);
  resized = setTimeout(() => (view ? view.resize?.() : resizeOverview()), 150);
});
// A hidden page does not poll. When it becomes visible again, it loads what it has missed.
document.addEventListener('visibilitychange', () => {
  forget();
  restart();
});
addEventListener('hashchange', open);
open();
