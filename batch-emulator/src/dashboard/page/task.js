// A task, with the end of its output; and the list of all failed tasks.

import { html, link, renew, say } from './elements.js';
import { Output } from './output.js';
import { badge, duration, facts, failure, nodeLink, number, plural, time } from './parts.js';
import { failuresRoute, jobRoute, taskRoute } from './routes.js';
import { address, ask, now } from './service.js';
import { failedRow, table } from './table.js';

const BADGES = { active: '', running: 'moving', succeeded: 'good', failed: 'bad' };

export const taskBadge = ({ class: kind, state }) => badge(kind === 'succeeded' || kind === 'failed' ? kind : state, BADGES[kind]);

/** Returns how long a task ran, or has been running. */
export function ran({ start, end, class: kind }) {
  if (start === null) return '–';
  return duration((end ?? (kind === 'running' ? now() : start)) - start);
}

const COLUMNS = ['Task', 'State', 'Exit code', 'Node', 'Started', 'Ran', 'Failure', 'Retries'];

function cells(task) {
  const retries = task.requeues ? `${number(task.retries)}, requeued ${number(task.requeues)}×` : number(task.retries);
  const row = [link(taskRoute(task.job, task.id), task.id), taskBadge(task), task.exit === null ? '–' : String(task.exit),
    nodeLink(task.pool, task.node), time(task.start), ran(task), task.failure ?? '–', retries];
  return failedRow(row, task.class === 'failed');
}

/** Shows a page of tasks in a table. Running ones change each second. */
export function renderTasks(place, label, tasks, withJob = false) {
  const running = tasks.some((task) => task.class === 'running');
  const key = JSON.stringify([tasks, running ? Math.floor(now() / 1000) : 0]);
  const rows = () => tasks.map((task) => (withJob
    ? failedRow([...cells(task), link(jobRoute(task.job), task.job)], true) : cells(task)));
  renew(place, key, () => (tasks.length ? table(label, withJob ? [...COLUMNS, 'Job'] : COLUMNS, rows(), 'tasks') : []));
}

/** A single task. */
export class Task {
  constructor({ job, task, filter }) {
    this.owner = { job, task };
    this.about = html('div');
    this.output = new Output(this.owner, filter.file, (chosen) => taskRoute(job, task, chosen));
    this.element = html('div', { class: 'view' }, html('div', { class: 'title' }, html('h2', {}, `Task ${task}`), html('span', { class: 'place' })),
      this.about, this.output.element);
  }

  filter({ file }) {
    this.output.choose(file);
  }

  async poll(signal) {
    const fresh = await ask(address('task', this.owner), signal);
    if (fresh) this.task = fresh.task;
    if (this.task) this.render(this.task);
    const reason = !this.task || this.task.node === null ? 'The task has not run on a node, so it has no output.'
      : this.task.hasNode ? null : 'The node that ran the task no longer exists, nor do its files.';
    this.output.withhold(reason);
    if (!reason) await this.output.poll(signal);
    return fresh?.service;
  }

  render(task) {
    const key = JSON.stringify([task, task.class === 'running' ? Math.floor(now() / 1000) : 0]);
    renew(this.element.querySelector('.place'), JSON.stringify([task.class, task.state]), () => taskBadge(task));
    renew(this.about, key, () => [
      ...(task.failure ? [failure(task.failure)] : []),
      facts([
        ['Job', link(jobRoute(task.job), task.job)],
        ['Exit code', task.exit === null ? '–' : String(task.exit)],
        ['Node', html('span', {}, nodeLink(task.pool, task.node, task.hasNode), task.node && !task.hasNode ? ' (gone)' : '')],
        ['Created', time(task.created)],
        ['Started', time(task.start)],
        ['Ended', time(task.end)],
        ['Ran', ran(task)],
        ['Retries', task.retries ? number(task.retries) : null],
        ['Last retry', task.lastRetry === null ? null : time(task.lastRetry)],
        ['Requeued', task.requeues ? plural(task.requeues, 'time') : null],
        ['Last requeue', task.lastRequeue === null ? null : time(task.lastRequeue)],
      ]),
    ]);
  }

  gone() {
    renew(this.about, 'gone', () => html('p', {}, 'There is no such task, or it has been deleted with its job.'));
    this.output.element.hidden = true;
  }
}

/** The failed tasks of all jobs. */
export class Failures {
  constructor({ filter }) {
    this.filter(filter);
    this.note = html('p', { class: 'quiet note' });
    this.place = html('div');
    this.pages = html('p', { class: 'pages' });
    this.element = html('div', { class: 'view' }, html('h2', {}, 'Failed tasks'), this.note, this.place, this.pages);
  }

  filter({ after }) {
    this.after = after;
  }

  async poll(signal) {
    const fresh = await ask(address('failures', { after: this.after }), signal);
    if (!fresh) return null;
    const { failed, deleted, tasks } = fresh;
    const gone = deleted ? ` ${plural(deleted, 'other')} ${deleted === 1 ? 'was' : 'were'} deleted.` : '';
    say(this.note, failed ? `${plural(failed, 'task')} failed, those of the newest job first.${gone}` : `No task has failed.${gone}`);
    renderTasks(this.place, 'Failed tasks', tasks.shown, true);
    renderPages(this.pages, tasks.next, this.after, (after) => failuresRoute({ after }));
    return fresh.service;
  }

  gone() {
    say(this.note, 'There is no such page.');
  }
}

/** Links to the first and the next page of a list. */
export function renderPages(place, next, after, route) {
  renew(place, JSON.stringify([next, after]), () => [
    ...(after ? [link(route(null), 'First page'), ' '] : []),
    ...(next ? [link(route(next), 'Next page')] : []),
  ]);
}
