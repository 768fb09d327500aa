// The overview: totals, a card per pool and job, events, deleted jobs, schedules, and the log of requests.

import { CLASSES, drawNodes, drawTasks, isBad, nodeSign, nodeState, taskSign } from './charts.js';
import { renderConnect } from './connect.js';
import { at, html, link, renew, say, svg } from './elements.js';
import { emptyLog, fillLog, filterLog } from './log.js';
import { duration, incidentCells, INCIDENT_COLUMNS, number, plural, time } from './parts.js';
import { rate, showRate, timeLeft } from './rate.js';
import { failuresRoute, jobRoute, OVERVIEW, poolRoute, withFilter } from './routes.js';
import { ask, forget, now, speed } from './service.js';
import { table } from './table.js';

// Current data: the last response, the number of the last request, each job's samples.
let shown = null;
let since = 0;
let histories = new Map();
let most = 120;

at('only-refused').addEventListener('change', ({ target }) => {
  location.replace(withFilter(OVERVIEW, { requests: target.checked ? 'failed' : null }));
});

/** Shows the overview; a filter is part of the address. */
export async function openOverview({ filter }, signal) {
  filterLog(filter.requests === 'failed');
  await askHistories(signal);
}

async function askHistories(signal) {
  const known = await ask('/_window/history', signal);
  most = known.most;
  histories = new Map(known.jobs.map((job) => [job.number, job.samples]));
}

/** Polls once; returns the service if there was news. */
export async function pollOverview(signal) {
  const fresh = await ask(`/_window/state?since=${since}`, signal, 'overview');
  if (fresh) {
    if (shown && shown.service.begun !== fresh.service.begun) {
      // The service was restarted: all earlier data is stale.
      shown = null;
      since = 0;
      emptyLog();
      forget();
      await askHistories(signal);
      return pollOverview(signal);
    }
    shown = fresh;
    since = fresh.requests.total;
    sample();
    renderOverview();
    fillLog(shown.requests);
  }
  drawJobs();
  return fresh?.service;
}

/** Adds the current counts to the samples, as the service does (see history.rs). */
function sample() {
  const numbers = new Set(shown.jobs.shown.map((job) => job.number));
  for (const known of histories.keys()) if (!numbers.has(known)) histories.delete(known);
  for (const job of shown.jobs.shown) {
    let samples = histories.get(job.number) ?? [];
    const last = samples.at(-1);
    if (last && CLASSES.every((_, index) => last[index + 1] === job.tasks[index])) continue;
    if (samples.length >= most) samples = samples.filter((_, index) => index % 2 === 0);
    samples.push([shown.now, ...job.tasks]);
    histories.set(job.number, samples);
  }
}

/** Draws everything again, for another width. */
export function resizeOverview() {
  renderOverview();
  drawJobs();
}

function renderOverview() {
  if (!shown) return;
  renderSums();
  renderConnect(shown.service, shown.pools.total + shown.jobs.total + shown.schedules.total + shown.deleted.total === 0);
  cards('pools', shown.pools, makePool, fillPool, 'No pools. Add one with Pool_Add; its nodes appear here as squares.');
  cards('jobs', shown.jobs, makeJob, fillJob, 'No jobs. Add one with Job_Add, and tasks with Task_AddCollection.');
  renderIncidents();
  renderDeleted();
  renderSchedules();
}

function renderSums() {
  const [active, running, succeeded, failed] = shown.jobs.tasks;
  const { total, refused } = shown.requests;
  const gone = shown.deleted;
  const bad = shown.pools.shown.flatMap((pool) => pool.nodes).filter(([state]) => isBad(state)).reduce((sum, [, count]) => sum + count, 0);
  const ofDeleted = (count) => (count ? `${number(count)} of them deleted` : '');
  const sums = [
    ['Nodes', shown.pools.nodes, bad ? `${number(bad)} unusable` : '', bad > 0],
    ['Tasks waiting', active, ''],
    ['Tasks running', running, ''],
    ['Tasks succeeded', succeeded + gone.succeeded, ofDeleted(gone.succeeded)],
    ['Tasks failed', failed + gone.failed, ofDeleted(gone.failed), failed + gone.failed > 0, failed > 0 ? failuresRoute() : null],
    ['Requests', total, refused ? `${number(refused)} failed` : '', false, refused ? withFilter(OVERVIEW, { requests: 'failed' }) : null],
  ];
  const list = at('sums');
  sums.forEach(([name, value, more, wrong, route], index) => {
    const entry = list.children[index] ?? list.appendChild(html('div', {}, html('dt'), html('dd')));
    entry.classList.toggle('wrong', Boolean(wrong));
    say(entry.querySelector('dt'), name);
    renew(entry.querySelector('dd'), JSON.stringify([value, more, route]), () => {
      const figure = html('span', {}, number(value));
      return [route ? link(route, figure, html('span', { class: 'hidden' }, ` ${name.toLowerCase()}`)) : figure, ' ', html('small', {}, more)];
    });
  });
}

/** Shows one card per item, in order, and the number of items that are not shown. */
function cards(kind, { total, shown: items }, make, fill, none) {
  const list = at(kind);
  const known = new Map([...list.children].map((card) => [card.dataset.number, card]));
  const wanted = items.map((item) => {
    const card = known.get(String(item.number)) ?? make(item);
    card.dataset.number = item.number;
    return card;
  });
  if (wanted.length !== list.children.length || wanted.some((card, index) => card !== list.children[index])) {
    list.replaceChildren(...wanted);
  }
  items.forEach((item, index) => fill(wanted[index], item));
  say(at(`${kind}-note`), total === 0 ? none : more(total - items.length));
}

function more(count) {
  return count > 0 ? `and ${number(count)} more` : '';
}

/** Creates the card of a job or pool; without a route, for the view that is about it. */
export function makeCard(kind, id, route = null) {
  return html('article', { class: `card ${kind}`, 'aria-label': `${kind === 'job' ? 'Job' : 'Pool'} ${id}` },
    html('div', { class: 'top' }, route ? html('h3', {}, link(route, id)) : null, html('span', { class: 'badge' })),
    html('p', { class: 'about' }), html('p', { class: 'pace' }), html('p', { class: 'wrong' }),
    svg('svg', { class: `picture ${kind === 'job' ? 'chart' : 'nodes'}`, role: 'img' }),
    html('ul', { class: 'legend' }), html('p', { class: 'about rest' }));
}

export function setBadge(card, state, kind) {
  say(card.querySelector('.badge'), state);
  card.querySelector('.badge').className = `badge ${kind}`;
}

/** Fills the legend: a sign, a name and a count for each entry; those with a count link to a list. */
export function legend(card, entries) {
  const list = card.querySelector('.legend');
  renew(list, JSON.stringify(entries.map(([name, , count, route]) => [name, count, route])), () => entries.map(([name, sign, count, route]) => {
    const parts = [html('span', {}, name), ' ', html('b', {}, number(count))];
    return html('li', {}, sign(), ...(route && count ? [link(route, ...parts)] : parts));
  }));
}

export function width(card) {
  return Math.max(120, Math.floor(card.clientWidth - parseFloat(getComputedStyle(card).paddingLeft) * 2));
}

const makePool = (pool) => makeCard('pool', pool.id, poolRoute(pool.id));

export function fillPool(card, pool) {
  const deleting = pool.state !== 'active';
  setBadge(card, deleting ? pool.state : pool.allocation, deleting || pool.allocation !== 'steady' ? 'moving' : 'good');
  const [dedicated, lowPriority] = pool.current.map((current, index) => `${number(current)} of ${number(pool.target[index])}`);
  const low = pool.current[1] + pool.target[1] ? `, ${lowPriority} low-priority` : '';
  const how = pool.autoscale ? ' · autoscale' : '';
  say(card.querySelector('.about'), `${dedicated} dedicated${low} nodes · ${plural(pool.slots, 'slot')} each · ${pool.size}${how}`);
  say(card.querySelector('.wrong'), pool.errors.length ? `resize: ${pool.errors.join(', ')}` : '');
  const counts = pool.nodes;
  legend(card, counts.map(([state, count]) => [nodeState(state), () => nodeSign(state), count, poolRoute(pool.id, { show: state })]));
  const picture = card.querySelector('.picture');
  picture.setAttribute('aria-label', counts.length ? `Nodes: ${counts.map(([state, count]) => `${count} ${nodeState(state)}`).join(', ')}` : 'No nodes');
  drawNodes(picture, pool, width(card));
  const all = counts.reduce((sum, [, count]) => sum + count, 0);
  say(card.querySelector('.rest'), all > pool.grid.length ? `and ${number(all - pool.grid.length)} more nodes` : '');
}

const makeJob = (job) => makeCard('job', job.id, jobRoute(job.id));

const RESTING = ['active', 'completed', 'disabled'];

export function fillJob(card, job) {
  setBadge(card, job.state, RESTING.includes(job.state) ? (job.state === 'active' ? 'good' : '') : 'moving');
  const [active, running, succeeded, failed] = job.tasks;
  const all = active + running + succeeded + failed;
  const priority = job.priority === 0 ? '' : ` · priority ${job.priority}`;
  const retried = job.retried ? ` · ${plural(job.retried, 'retry', 'retries')}` : '';
  say(card.querySelector('.about'), `${number(succeeded + failed)} of ${plural(all, 'task')} done · on ${job.pool}${priority}${retried}`);
  const wrong = card.querySelector('.wrong');
  renew(wrong, String(failed), () => (failed ? [link(jobRoute(job.id, { show: 'failed' }), `${plural(failed, 'task')} failed`)] : []));
  legend(card, CLASSES.map((name, index) => [name, () => taskSign(name), job.tasks[index], jobRoute(job.id, { show: name })]));
  const picture = card.querySelector('.picture');
  picture.setAttribute('aria-label', `Tasks over time. Now ${CLASSES.map((name, index) => `${job.tasks[index]} ${name}`).join(', ')}`);
}

function drawJobs() {
  if (!shown) return;
  for (const job of shown.jobs.shown) {
    const card = at('jobs').querySelector(`[data-number="${job.number}"]`);
    const samples = histories.get(job.number);
    if (card && samples) drawJob(card, job, samples);
  }
}

/** Draws the chart of a job, and says at which rate its tasks end. */
export function drawJob(card, job, samples) {
  const [active, running] = job.tasks;
  const moves = job.ended === null && active + running > 0;
  const end = moves ? now() : (job.ended ?? 0);
  const perMinute = moves ? rate(samples, end, speed()) : null;
  // People wait in real time, whatever the service's clock does.
  const left = moves ? timeLeft(samples, end, speed()) : null;
  const pace = perMinute === null ? '' : `${showRate(perMinute * speed())} · about ${duration(Math.max(left / speed(), 1000))} left`;
  say(card.querySelector('.pace'), pace);
  const key = `${end} ${samples.length} ${samples.at(-1)} ${card.clientWidth}`;
  if (card.dataset.drawn === key) return;
  card.dataset.drawn = key;
  drawTasks(card.querySelector('.picture'), samples, end, speed(), width(card));
}

function renderIncidents() {
  const { total, shown: items } = shown.incidents;
  at('incidents-section').hidden = total === 0;
  renew(at('incidents'), JSON.stringify(items), () => table('Node and resize events', INCIDENT_COLUMNS, items.map(incidentCells), 'incidents'));
  say(at('incidents-note'), total > items.length ? `and ${plural(total - items.length, 'earlier one')}` : '');
}

function renderDeleted() {
  const { total, shown: items } = shown.deleted;
  at('deleted-section').hidden = total === 0;
  const columns = ['Job', 'Deleted', 'Succeeded', 'Failed', 'Not done'];
  renew(at('deleted'), JSON.stringify(items), () => table('Deleted jobs', columns, items.map(({ id, deleted, tasks }) => {
    const [active, running, succeeded, failed] = tasks;
    return [id, time(deleted), number(succeeded), html('span', { class: failed ? 'bad' : '' }, number(failed)), number(active + running)];
  }), 'deleted'));
  say(at('deleted-note'), more(total - items.length));
}

function renderSchedules() {
  const { total, shown: items } = shown.schedules;
  const columns = ['Schedule', 'State', 'Next job due', 'Every', 'Last job'];
  renew(at('schedules'), JSON.stringify(items), () => (items.length === 0 ? [] : table('Job schedules', columns, items.map((item) => [
    item.id, item.state, item.next === null ? 'none' : time(item.next), item.interval ?? 'once',
    item.recent === null ? 'none' : link(jobRoute(item.recent), item.recent),
  ]))));
  say(at('schedules-note'), total === 0 ? 'No job schedules.' : more(total - items.length));
}
