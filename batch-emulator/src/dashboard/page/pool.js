// A pool with its resize errors, autoscale runs, events and nodes.

import { nodeState } from './charts.js';
import { html, link, renew, say } from './elements.js';
import { fillPool, makeCard } from './overview.js';
import { badge, failure, incidentCells, INCIDENT_COLUMNS, nodeName, number, plural, time } from './parts.js';
import { nodeRoute, poolRoute } from './routes.js';
import { address, ask } from './service.js';
import { failedRow, table } from './table.js';
import { renderPages } from './task.js';

const BAD = ['starttaskfailed', 'unusable', 'preempted', 'unknown'];
const GOOD = ['idle', 'running'];

export const nodeBadge = (state) => badge(nodeState(state), BAD.includes(state) ? 'bad' : GOOD.includes(state) ? 'good' : 'moving');

/** Returns why a node is not usable, in a line. */
function reason({ error, start }) {
  const failed = start?.failure;
  return [error && `${error.code}: ${error.message}`, failed && `start task: ${failed.code}${start.exit === null ? '' : `, exit code ${start.exit}`}`]
    .filter(Boolean).join('; ') || '–';
}

export class Pool {
  constructor({ pool, filter }) {
    this.id = pool;
    this.card = makeCard('pool', pool);
    this.about = html('div');
    this.state = html('select', { name: 'show' });
    const filters = html('form', { class: 'filters', role: 'search', 'aria-label': 'Filter nodes' }, html('label', {}, html('span', {}, 'State'), this.state));
    filters.addEventListener('submit', (event) => event.preventDefault());
    this.state.addEventListener('change', () => location.replace(poolRoute(pool, { show: this.state.value })));
    this.note = html('p', { class: 'quiet note', role: 'status' });
    this.place = html('div');
    this.pages = html('p', { class: 'pages' });
    this.element = html('div', { class: 'view' }, html('h2', {}, `Pool ${pool}`), this.card, this.about,
      html('section', { 'aria-label': 'Nodes' }, html('h3', {}, 'Nodes'), filters, this.note, this.place, this.pages));
    this.filter(filter);
  }

  filter(filter) {
    this.values = filter;
  }

  async poll(signal) {
    const { show, after } = this.values;
    const fresh = await ask(address('pool', { id: this.id, show, after }), signal);
    if (fresh) {
      this.last = fresh;
      this.render(fresh);
    }
    return fresh?.service;
  }

  render({ pool, errors, runs, incidents, nodes }) {
    fillPool(this.card, pool);
    renew(this.about, JSON.stringify([errors, runs, incidents, pool.autoscale]), () => [
      ...(errors.length ? [section('Resize errors', ...errors.map(failure))] : []),
      ...(pool.autoscale || runs.length ? [section('Autoscale runs', runsTable(runs))] : []),
      ...(incidents.length ? [section('Events', table('Events of the pool', INCIDENT_COLUMNS, incidents.map(incidentCells), 'incidents'))] : []),
    ]);
    this.fillStates(pool);
    renew(this.place, JSON.stringify(nodes.shown), () => (nodes.shown.length ? nodesTable(this.id, nodes.shown) : []));
    renderPages(this.pages, nodes.next, this.values.after, (after) => poolRoute(this.id, { ...this.values, after }));
    const all = pool.nodes.reduce((sum, [, count]) => sum + count, 0);
    say(this.note, all === 0 ? 'The pool has no nodes.' : `${plural(nodes.shown.length, 'node')} shown of ${number(all)}`);
  }

  /** Offers the states that nodes are in, and the chosen one. */
  fillStates(pool) {
    const states = [...new Set([...pool.nodes.map(([state]) => state), ...(this.values.show ? [this.values.show] : [])])].sort();
    renew(this.state, JSON.stringify(states), () => [html('option', { value: '' }, 'all'),
      ...states.map((state) => html('option', { value: state }, nodeState(state)))]);
    if (this.state !== document.activeElement) this.state.value = this.values.show ?? '';
  }

  resize() {
    if (this.last) this.render(this.last);
  }

  gone() {
    this.last = null;
    this.element.replaceChildren(html('h2', {}, `Pool ${this.id}`), html('p', {}, 'There is no such pool, or it has been deleted.'));
  }
}

function section(title, ...children) {
  return html('section', { 'aria-label': title }, html('h3', {}, title), ...children);
}

/** Splits the results of a formula to its variables. */
function results(text) {
  const pairs = (text ?? '').split(';').filter(Boolean).map((pair) => pair.split('='));
  return html('ul', { class: 'results' }, ...pairs.map(([name, ...value]) => html('li', {}, html('code', {}, `${name} = ${value.join('=')}`))));
}

function runsTable(runs) {
  if (runs.length === 0) return html('p', { class: 'quiet' }, 'The formula has not been evaluated yet.');
  return table('Autoscale runs', ['Time', 'Result', 'Error'], runs.map(({ at, results: text, error }) => (
    failedRow([time(at), results(text), error ? failure(error) : '–'], Boolean(error)))), 'runs');
}

function nodesTable(pool, nodes) {
  const columns = ['Node', 'State', 'Since', 'Kind', 'Tasks', 'Reason'];
  return table(`Nodes of pool ${pool}`, columns, nodes.map((node) => failedRow([
    link(nodeRoute(pool, node.id), html('span', { title: node.id }, nodeName(node.id))),
    html('span', {}, nodeBadge(node.state), node.scheduling ? '' : ' scheduling disabled'),
    time(node.since), node.dedicated ? 'dedicated' : 'low-priority',
    `${number(node.running)} running, ${number(node.succeeded)} of ${number(node.total)} succeeded`, reason(node),
  ], BAD.includes(node.state))), 'nodes');
}
