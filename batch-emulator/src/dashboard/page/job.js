// A job with its chart and its tasks.

import { html, link, renew, say } from './elements.js';
import { drawJob, fillJob, makeCard } from './overview.js';
import { facts, failure, nodeLink, plural, poolLink, time } from './parts.js';
import { jobRoute } from './routes.js';
import { address, ask } from './service.js';
import { failedRow, table } from './table.js';
import { renderPages, renderTasks } from './task.js';

/** Pause after the last key before a text is applied as a filter. */
const TYPING = 250;

const SHOWN = [['', 'all'], ['active', 'active'], ['running', 'running'], ['succeeded', 'succeeded'], ['failed', 'failed']];

/** The fields by which tasks are filtered; each is a part of the address. */
class Filters {
  constructor(job, filter) {
    this.job = job;
    this.fields = {
      show: html('select', { name: 'show' }, ...SHOWN.map(([value, name]) => html('option', { value }, name))),
      find: html('input', { name: 'find', type: 'search', maxlength: 64, autocomplete: 'off', spellcheck: 'false' }),
      exit: html('input', { name: 'exit', inputmode: 'numeric', pattern: '-?[0-9]+', maxlength: 11, autocomplete: 'off' }),
    };
    const names = { show: 'State', find: 'Id contains', exit: 'Exit code' };
    const labels = Object.entries(this.fields).map(([name, field]) => html('label', {}, html('span', {}, names[name]), field));
    this.element = html('form', { class: 'filters', role: 'search', 'aria-label': 'Filter tasks' }, ...labels);
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      this.apply();
    });
    let timer = null;
    this.element.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.apply(), TYPING);
    });
    this.show(filter);
  }

  show(filter) {
    for (const [name, field] of Object.entries(this.fields)) {
      if (field !== document.activeElement) field.value = filter[name] ?? '';
    }
  }

  apply() {
    const set = Object.entries(this.fields).filter(([, field]) => field.validity.valid);
    const route = jobRoute(this.job, Object.fromEntries(set.map(([name, field]) => [name, field.value.trim()])));
    if (route !== location.hash) location.replace(route);
  }
}

export class Job {
  constructor({ job, filter }) {
    this.id = job;
    this.filters = new Filters(job, filter);
    this.card = makeCard('job', job);
    this.about = html('div');
    this.note = html('p', { class: 'quiet note', role: 'status' });
    this.place = html('div');
    this.pages = html('p', { class: 'pages' });
    this.element = html('div', { class: 'view' }, html('h2', {}, `Job ${job}`), this.about, this.card,
      html('section', { 'aria-label': 'Tasks' }, html('h3', {}, 'Tasks'), this.filters.element, this.note, this.place, this.pages));
    this.filter(filter);
  }

  filter(filter) {
    this.values = filter;
    this.filters.show(filter);
  }

  async poll(signal) {
    const { show, find, exit, node, after } = this.values;
    const fresh = await ask(address('job', { id: this.id, show, find, exit, node, after }), signal);
    if (fresh) this.last = fresh;
    if (this.last) this.render(this.last);
    return fresh?.service;
  }

  render({ job, hasPool, reason, unprepared, samples, tasks }) {
    fillJob(this.card, job);
    if (samples.length) drawJob(this.card, job, samples);
    renew(this.about, JSON.stringify([job.pool, hasPool, job.created, job.ended, reason, unprepared]), () => [
      facts([
        ['Pool', hasPool ? poolLink(job.pool) : html('span', { class: 'bad' }, `${job.pool} (does not exist)`)],
        ['Created', time(job.created)],
        ['Ended', job.ended === null ? null : time(job.ended)],
        ['Reason of the end', reason],
      ]),
      ...(unprepared.length ? [html('h3', {}, 'Nodes on which the job preparation task failed'), unpreparedTable(unprepared)] : []),
    ]);
    renderTasks(this.place, `Tasks of job ${job.id}`, tasks.shown);
    renderPages(this.pages, tasks.next, this.values.after, (after) => jobRoute(this.id, { ...this.values, after }));
    say(this.note, this.count(job, tasks));
  }

  /** Says how many tasks are shown, of how many. */
  count(job, { shown, next }) {
    const all = job.tasks.reduce((sum, count) => sum + count, 0);
    if (all === 0) return 'The job has no tasks.';
    if (shown.length === 0) return 'No task matches.';
    const more = next || this.values.after ? ', by id' : '';
    return `${plural(shown.length, 'task')} shown of ${plural(all, 'task')}${more}`;
  }

  resize() {
    if (this.last) this.render(this.last);
  }

  gone() {
    this.last = null;
    this.element.replaceChildren(html('h2', {}, `Job ${this.id}`),
      html('p', {}, 'There is no such job, or it has been deleted. The ', link('#/', 'overview'), ' has the totals of deleted jobs.'));
  }
}

function unpreparedTable(nodes) {
  return table('Nodes that are not prepared', ['Node', 'Ended', 'Failure'], nodes.map(({ pool, node, program }) => (
    failedRow([nodeLink(pool, node), time(program.end), program.failure ? failure(program.failure) : '–'], true))));
}
