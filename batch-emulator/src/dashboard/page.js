// Keeps the page up to date: requests a small JSON document every second and updates what has changed. Strings from
// clients (ids, paths) are inserted as text and never as HTML.

import { CLASSES, drawNodes, drawTasks, nodeSign, nodeState, taskSign } from './charts.js';
import { at, clock, html, number, say, svg } from './elements.js';
import { emptyLog, fillLog } from './log.js';

const PAUSE = 1000;
const LONGEST_PAUSE = 4000;

// Current data: the last response and its time, its tag, the number of the last request, each job's samples.
let shown = null;
let cameAt = 0;
let lastGood = 0;
let tag = null;
let since = 0;
let histories = new Map();
let most = 120;

/** Returns the service's current time. */
function now() {
  return shown.now + (performance.now() - cameAt) * shown.service.speed;
}

// ---- Polling ----------------------------------------------------------------------------------------------------

let timer = null;
let failures = 0;
let asking = false;

async function get(path, headers = {}) {
  const answer = await fetch(path, { headers, cache: 'no-store', signal: AbortSignal.timeout(5000) });
  if (!answer.ok && answer.status !== 304) throw new Error(`${path}: ${answer.status}`);
  return answer;
}

async function ask() {
  if (shown === null) await askHistories();
  const answer = await get(`/_window/state?since=${since}`, tag ? { 'If-None-Match': tag } : {});
  if (answer.status === 304) return;
  const fresh = await answer.json();
  if (shown && shown.service.begun !== fresh.service.begun) {
    // The service was restarted: all earlier data is stale.
    forget();
    return ask();
  }
  tag = answer.headers.get('etag');
  shown = fresh;
  cameAt = performance.now();
  since = fresh.requests.total;
  sample();
  render();
}

async function askHistories() {
  const known = await (await get('/_window/history')).json();
  most = known.most;
  histories = new Map(known.jobs.map((job) => [job.number, job.samples]));
}

function forget() {
  shown = null;
  tag = null;
  since = 0;
  emptyLog();
}

async function round() {
  if (asking) return;
  asking = true;
  clearTimeout(timer);
  try {
    await ask();
    failures = 0;
    lastGood = Date.now();
    found();
    drawJobs();
  } catch {
    failures += 1;
    lost();
  }
  asking = false;
  if (!document.hidden) timer = setTimeout(round, Math.min(PAUSE * 2 ** Math.max(0, failures - 1), LONGEST_PAUSE));
}

/** A hidden page does not poll. When it becomes visible again, it loads the samples that it has missed. */
function look() {
  clearTimeout(timer);
  if (document.hidden) return;
  askHistories().catch(() => {}).then(round);
}

function found() {
  at('link').className = 'link live';
  say(at('link'), 'live');
  at('lost').hidden = true;
  document.body.classList.remove('stale');
}

function lost() {
  at('link').className = 'link gone';
  say(at('link'), 'connection lost');
  if (!at('lost').hidden) return;
  const then = shown ? ` The data shown is from ${clock(lastGood)}.` : '';
  say(at('lost'), `The connection to the service is lost: it has stopped or does not respond.${then} This page retries automatically.`);
  at('lost').hidden = false;
  document.body.classList.add('stale');
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

// ---- Rendering --------------------------------------------------------------------------------------------------

function render() {
  const { account, speed, version } = shown.service;
  const pace = speed === 1 ? '' : ` · clock at ${number(speed)} × real time`;
  say(at('about'), `account ${account} · ${location.origin} · version ${version}${pace}`);
  renderSums();
  renderStart(account);
  cards('pools', shown.pools, makePool, fillPool, 'No pools. Add one with Pool_Add; its nodes appear here as squares.');
  cards('jobs', shown.jobs, makeJob, fillJob, 'No jobs. Add one with Job_Add, and tasks with Task_AddCollection.');
  renderSchedules();
  fillLog(shown.requests);
}

function renderSums() {
  const [active, running, succeeded, failed] = shown.jobs.tasks;
  const { total, refused } = shown.requests;
  const sums = [
    ['Nodes', shown.pools.nodes, ''],
    ['Tasks waiting', active, ''],
    ['Tasks running', running, ''],
    ['Tasks succeeded', succeeded, ''],
    ['Tasks failed', failed, ''],
    ['Requests', total, refused ? `${number(refused)} failed` : ''],
  ];
  const list = at('sums');
  sums.forEach(([name, value, more], index) => {
    const entry = list.children[index] ?? list.appendChild(html('div', {}, html('dt'), html('dd', {}, html('span'), ' ', html('small'))));
    say(entry.querySelector('dt'), name);
    say(entry.querySelector('span'), number(value));
    say(entry.querySelector('small'), more);
  });
}

// Open while there are no resources, until the reader opens or closes it.
let touched = false;
at('start').querySelector('summary').addEventListener('click', () => (touched = true));

function renderStart(account) {
  say(at('commands'), [
    `export AZURE_BATCH_ENDPOINT=${location.origin}`,
    `export AZURE_BATCH_ACCOUNT=${account}`,
    'export AZURE_BATCH_ACCESS_KEY=…   # the account\'s key',
    'cargo run -p batch-client --example quickstart',
  ].join('\n'));
  const nothing = shown.pools.total + shown.jobs.total + shown.schedules.total === 0;
  if (!touched) at('start').open = nothing;
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

function makeCard(kind, name) {
  return html('article', { class: `card ${kind}`, 'aria-label': name },
    html('div', { class: 'top' }, html('h3'), html('span', { class: 'badge' })),
    html('p', { class: 'about' }), html('p', { class: 'wrong' }),
    svg('svg', { class: `picture ${kind === 'job' ? 'chart' : 'nodes'}`, role: 'img' }),
    html('ul', { class: 'legend' }), html('p', { class: 'about rest' }));
}

function top(card, id, state, kind) {
  say(card.querySelector('h3'), id);
  say(card.querySelector('.badge'), state);
  card.querySelector('.badge').className = `badge ${kind}`;
}

function legend(card, entries) {
  const list = card.querySelector('.legend');
  const key = entries.map(([name]) => name).join();
  if (list.dataset.key !== key) {
    list.replaceChildren(...entries.map(([name, sign]) => html('li', {}, sign(), html('span', {}, name), html('b'))));
    list.dataset.key = key;
  }
  entries.forEach(([, , count], index) => say(list.children[index].querySelector('b'), number(count)));
}

function width(card) {
  return Math.max(120, Math.floor(card.clientWidth - parseFloat(getComputedStyle(card).paddingLeft) * 2));
}

function makePool(pool) {
  return makeCard('pool', `Pool ${pool.id}`);
}

function fillPool(card, pool) {
  const deleting = pool.state !== 'active';
  top(card, pool.id, deleting ? pool.state : pool.allocation, deleting || pool.allocation !== 'steady' ? 'moving' : 'good');
  const [dedicated, lowPriority] = pool.current.map((current, index) => `${number(current)} of ${number(pool.target[index])}`);
  const low = pool.current[1] + pool.target[1] ? `, ${lowPriority} low-priority` : '';
  const slots = pool.slots === 1 ? '1 slot' : `${pool.slots} slots`;
  const how = pool.autoscale ? ' · autoscale' : '';
  say(card.querySelector('.about'), `${dedicated} dedicated${low} nodes · ${slots} each · ${pool.size}${how}`);
  say(card.querySelector('.wrong'), pool.errors.length ? `resize: ${pool.errors.join(', ')}` : '');
  const counts = pool.nodes;
  legend(card, counts.map(([state, count]) => [nodeState(state), () => nodeSign(state), count]));
  const picture = card.querySelector('.picture');
  picture.setAttribute('aria-label', counts.length ? `Nodes: ${counts.map(([state, count]) => `${count} ${nodeState(state)}`).join(', ')}` : 'No nodes');
  drawNodes(picture, pool, width(card));
  const all = counts.reduce((sum, [, count]) => sum + count, 0);
  say(card.querySelector('.rest'), all > pool.grid.length ? `and ${number(all - pool.grid.length)} more nodes` : '');
}

function makeJob(job) {
  return makeCard('job', `Job ${job.id}`);
}

const RESTING = ['active', 'completed', 'disabled'];

function fillJob(card, job) {
  top(card, job.id, job.state, RESTING.includes(job.state) ? (job.state === 'active' ? 'good' : '') : 'moving');
  const [active, running, succeeded, failed] = job.tasks;
  const all = active + running + succeeded + failed;
  const priority = job.priority === 0 ? '' : ` · priority ${job.priority}`;
  const retried = job.retried ? ` · ${number(job.retried)} retries` : '';
  say(card.querySelector('.about'), `${number(succeeded + failed)} of ${number(all)} tasks done · on ${job.pool}${priority}${retried}`);
  legend(card, CLASSES.map((name, index) => [name, () => taskSign(name), job.tasks[index]]));
  const picture = card.querySelector('.picture');
  picture.setAttribute('aria-label', `Tasks over time. Now ${CLASSES.map((name, index) => `${job.tasks[index]} ${name}`).join(', ')}`);
}

function drawJobs() {
  if (!shown) return;
  for (const job of shown.jobs.shown) {
    const card = at('jobs').querySelector(`[data-number="${job.number}"]`);
    const samples = histories.get(job.number);
    if (!card || !samples) continue;
    const [active, running] = job.tasks;
    const moves = job.ended === null && active + running > 0;
    const end = moves ? now() : (job.ended ?? 0);
    const key = `${end} ${samples.length} ${card.clientWidth}`;
    if (card.dataset.drawn === key) continue;
    card.dataset.drawn = key;
    drawTasks(card.querySelector('.picture'), samples, end, shown.service.speed, width(card));
  }
}

function renderSchedules() {
  const { total, shown: items } = shown.schedules;
  const time = (millis) => (millis === null ? 'none' : new Date(millis).toLocaleString('en-GB'));
  const rows = items.map((item) => [item.id, item.state, time(item.next), item.interval ?? 'once', item.recent ?? 'none']);
  const key = JSON.stringify(rows);
  const place = at('schedules');
  if (place.dataset.key !== key) {
    place.dataset.key = key;
    const head = ['Schedule', 'State', 'Next job due', 'Every', 'Last job'].map((name) => html('th', { scope: 'col' }, name));
    const body = rows.map((row) => html('tr', {}, ...row.map((text) => html('td', {}, text))));
    const made = html('table', {}, html('thead', {}, html('tr', {}, ...head)), html('tbody', {}, ...body));
    place.replaceChildren(...(rows.length ? [html('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Table of job schedules' }, made)] : []));
  }
  say(at('schedules-note'), total === 0 ? 'No job schedules.' : more(total - items.length));
}

// ---- Start ------------------------------------------------------------------------------------------------------

let resized = null;
addEventListener('resize', () => {
  clearTimeout(resized);
  resized = setTimeout(() => {
    if (!shown) return;
    shown.requests.shown = [];
    render();
    drawJobs();
  }, 150);
});
document.addEventListener('visibilitychange', look);
look();
