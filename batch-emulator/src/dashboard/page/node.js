// A node with its error, its start task and its last tasks.

import { html, renew } from './elements.js';
import { Output } from './output.js';
import { badge, duration, facts, failure, incidentCells, INCIDENT_COLUMNS, number, plural, poolLink, time } from './parts.js';
import { nodeBadge } from './pool.js';
import { nodeRoute } from './routes.js';
import { address, ask } from './service.js';
import { table } from './table.js';
import { renderTasks } from './task.js';

export class Node {
  constructor({ pool, node, filter }) {
    this.owner = { pool, node };
    this.about = html('div');
    this.tasks = html('div');
    this.events = html('div');
    this.output = new Output(this.owner, filter.file, (chosen) => nodeRoute(pool, node, chosen));
    this.output.element.hidden = true;
    this.element = html('div', { class: 'view' }, html('div', { class: 'title' }, html('h2', { class: 'long' }, `Node ${node}`), html('span', { class: 'place' })),
      this.about, this.output.element, this.tasks, this.events);
  }

  filter({ file }) {
    this.output.choose(file);
  }

  async poll(signal) {
    const fresh = await ask(address('node', { pool: this.owner.pool, id: this.owner.node }), signal);
    if (fresh) this.last = fresh;
    if (this.last) this.render(this.last);
    if (this.last?.node.start) await this.output.poll(signal);
    return fresh?.service;
  }

  render({ pool, node, allocated, tasks, incidents }) {
    renew(this.element.querySelector('.place'), node.state, () => nodeBadge(node.state));
    renew(this.about, JSON.stringify([node, allocated]), () => [
      ...(node.error ? [failure(node.error)] : []),
      facts([
        ['Pool', poolLink(pool)],
        ['State since', time(node.since)],
        ['Kind', node.dedicated ? 'dedicated' : 'low-priority'],
        ['Scheduling', node.scheduling ? null : 'disabled'],
        ['Allocated', time(allocated)],
        ['Tasks', `${number(node.running)} running, ${number(node.succeeded)} of ${number(node.total)} succeeded`],
      ]),
      ...(node.start ? startTask(node.start) : []),
    ]);
    this.output.element.hidden = !node.start;
    const all = tasks.length ? [html('h3', {}, 'Last tasks'), html('div')] : [];
    if (this.tasks.childElementCount !== all.length) this.tasks.replaceChildren(...all);
    if (tasks.length) renderTasks(this.tasks.lastChild, 'Last tasks of the node', tasks);
    renew(this.events, JSON.stringify(incidents), () => (incidents.length
      ? [html('h3', {}, 'Events'), table('Events of the node', INCIDENT_COLUMNS, incidents.map(incidentCells), 'incidents')] : []));
  }

  gone() {
    this.last = null;
    this.element.replaceChildren(html('h2', { class: 'long' }, `Node ${this.owner.node}`), html('p', {}, 'There is no such node, or it has left its pool.'));
  }
}

function startTask({ start, end, exit, failure: failed, retries }) {
  const state = end === null ? badge('running', 'moving') : failed ? badge('failed', 'bad') : badge('succeeded', 'good');
  return [
    html('h3', {}, 'Start task ', state),
    ...(failed ? [failure(failed)] : []),
    facts([
      ['Exit code', exit === null ? null : String(exit)],
      ['Started', time(start)],
      ['Ran', end === null ? null : duration(end - start)],
      ['Retries', retries ? plural(retries, 'time') : null],
    ]),
  ];
}
