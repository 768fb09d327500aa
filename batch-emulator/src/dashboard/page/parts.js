// Formatting of numbers, times and failures, and parts that several views show.

import { html, link } from './elements.js';
import { nodeRoute, poolRoute } from './routes.js';

export const number = (value) => value.toLocaleString('en');
export const clock = (millis) => new Date(millis).toLocaleTimeString('en-GB');
export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** Formats milliseconds for people. */
export function duration(millis) {
  if (millis < 10_000) return `${(Math.max(0, millis) / 1000).toFixed(1)} s`;
  const seconds = Math.round(millis / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min${seconds % 60 ? ` ${seconds % 60} s` : ''}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h${minutes % 60 ? ` ${minutes % 60} min` : ''}`;
  return `${Math.floor(hours / 24)} d${hours % 24 ? ` ${hours % 24} h` : ''}`;
}

export function bytes(count) {
  if (count < 1024) return plural(count, 'byte');
  if (count < 1024 ** 2) return `${(count / 1024).toFixed(1)} KiB`;
  return `${(count / 1024 ** 2).toFixed(1)} MiB`;
}

/** Creates a time; another day's has its date. */
export function time(millis) {
  if (millis === null || millis === undefined) return html('span', {}, '–');
  const date = new Date(millis);
  const today = new Date().toDateString() === date.toDateString();
  const text = today ? clock(millis) : `${date.toLocaleDateString('en-GB')} ${clock(millis)}`;
  return html('time', { datetime: date.toISOString() }, text);
}

/** Shortens the id of a node: only its first and last digits differ visibly. */
export function nodeName(id) {
  return id.length > 30 ? `${id.slice(0, 14)}…${id.slice(-6)}` : id;
}

/** Creates a link to a node, or its name alone if it is not in the pool any more. */
export function nodeLink(pool, node, exists = true) {
  if (!node) return html('span', {}, '–');
  const name = html('span', { title: node }, nodeName(node));
  return exists ? link(nodeRoute(pool, node), name) : name;
}

export const poolLink = (pool) => link(poolRoute(pool), pool);

/** Creates a badge; kinds are those of page.css. */
export const badge = (text, kind = '') => html('span', { class: `badge ${kind}` }, text);

/** Creates the description of a failure or an error, with its details. */
export function failure({ category, code, message, details }) {
  const about = html('div', { class: 'failure' },
    html('p', {}, html('strong', {}, code || 'Failure'), category ? ` (${category === 'usererror' ? 'user error' : 'server error'})` : ''),
    message ? html('p', {}, message) : null);
  if (details?.length) {
    about.append(html('dl', { class: 'pairs' }, ...details.flatMap(([name, value]) => [html('dt', {}, name), html('dd', {}, value)])));
  }
  return about;
}

/** Creates a list of names and values. */
export function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return html('dl', { class: 'facts' }, ...shown.map(([name, value]) => html('div', {}, html('dt', {}, name), html('dd', {}, value))));
}

const KINDS = {
  preempted: ['preempted', 'bad'], unusable: ['unusable', 'bad'], unknown: ['no contact', 'bad'],
  starttaskfailed: ['start task failed', 'bad'], recovered: ['recovered', 'good'], resize: ['resize error', 'bad'],
};

/** Returns the cells of an incident: when, what, where and why. */
export function incidentCells({ at, pool, node, kind, reason }) {
  const [name, sign] = KINDS[kind] ?? [kind, ''];
  return [time(at), badge(name, sign), poolLink(pool), nodeLink(pool, node), reason || '–'];
}

export const INCIDENT_COLUMNS = ['Time', 'Event', 'Pool', 'Node', 'Reason'];
