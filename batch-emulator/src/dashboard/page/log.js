// The log: a row per request, newest first.

import { at, html, say } from './elements.js';
import { clock, number } from './parts.js';

/** Maximum number of rows, equal to what the service keeps. */
const ROWS = 200;

const COLUMNS = [['time', 'Time'], ['method', 'Method'], ['path', 'Path'], ['operation', 'Operation'], ['status', 'Response'], ['duration', 'Took']];
// On a narrow page the rows are not displayed as a table; the roles keep them one for screen readers.
const table = html('table', { class: 'requests', role: 'table', 'aria-labelledby': 'requests-title' },
  html('thead', { role: 'rowgroup' }, html('tr', { role: 'row' },
    ...COLUMNS.map(([kind, name]) => html('th', { scope: 'col', role: 'columnheader', class: kind === 'duration' ? 'number' : '' }, name)))),
  html('tbody', { role: 'rowgroup' }));
at('requests').append(table);
/** Shows all requests, or only those that failed. */
export function filterLog(onlyRefused) {
  at('only-refused').checked = onlyRefused;
  table.classList.toggle('only-refused', onlyRefused);
  note();
}

function took(micros) {
  if (micros >= 1_000_000) return `${(micros / 1_000_000).toFixed(1)} s`;
  return `${(micros / 1000).toFixed(micros < 10_000 ? 2 : 0)} ms`;
}

function row(request) {
  const time = html('time', { datetime: new Date(request.at).toISOString() }, clock(request.at));
  const refused = request.status >= 400;
  const cells = {
    time, method: request.method, path: request.path, operation: request.op ?? '–',
    status: request.code ? `${request.status} ${request.code}` : String(request.status), duration: took(request.us),
  };
  return html('tr', { role: 'row', class: refused ? 'refused' : 'fine' },
    ...COLUMNS.map(([kind]) => html('td', { role: 'cell', class: kind === 'duration' ? 'duration number' : kind }, cells[kind])));
}

/** Total number of requests. */
let total = 0;

/** Adds new requests at the top. */
export function fillLog(requests) {
  const body = table.tBodies[0];
  total = requests.total;
  body.prepend(...requests.shown.map(row).reverse());
  while (body.rows.length > ROWS) body.rows[body.rows.length - 1].remove();
  at('requests').hidden = body.rows.length === 0;
  note();
}

export function emptyLog() {
  table.tBodies[0].replaceChildren();
}

function note() {
  const { rows } = table.tBodies[0];
  const none = table.classList.contains('only-refused') && ![...rows].some((row) => row.classList.contains('refused'));
  const earlier = total - rows.length;
  const text = rows.length === 0 ? 'No requests yet. Client requests appear here, failed ones with their error code.'
    : none ? 'None of these requests failed.' : earlier > 0 ? `and ${number(earlier)} earlier ones` : '';
  say(at('requests-note'), text);
}
