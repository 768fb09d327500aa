// Tables: headers, rows that the arrow keys go through, and a form of blocks on a narrow page.

import { html } from './elements.js';

/**
 * Creates a table in a region that scrolls. On a narrow page each row becomes a block whose cells name their column; the
 * roles keep it a table for screen readers.
 */
export function table(label, columns, rows, kind = '') {
  const head = html('tr', { role: 'row' }, ...columns.map((name) => html('th', { scope: 'col', role: 'columnheader' }, name)));
  const body = rows.map((cells) => {
    const failed = cells.failed ? 'failed' : null;
    return html('tr', { role: 'row', class: failed },
      ...cells.map((cell, index) => html('td', { role: 'cell', 'data-label': columns[index] }, cell)));
  });
  const made = html('table', { class: `stacked ${kind}`, role: 'table', 'aria-label': label },
    html('thead', { role: 'rowgroup' }, head), html('tbody', { role: 'rowgroup' }, ...body));
  return html('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label }, made);
}

/** Marks the cells of a row as those of a failure. */
export function failedRow(cells, failed) {
  cells.failed = failed;
  return cells;
}

const firstLink = (row) => row?.querySelector('a');

/** In a table, the arrow keys move the focus between the first links of its rows; Home and End, to the outer ones. */
document.addEventListener('keydown', (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const row = event.target.closest?.('table.stacked tbody tr');
  const region = event.target.matches?.('.scroll') ? event.target : null;
  if (!row && !region) return;
  const rows = [...(row ? row.parentElement : region).querySelectorAll('tbody tr, tr')].filter(firstLink);
  const position = rows.indexOf(row);
  const target = {
    ArrowDown: rows[position + 1], ArrowUp: position > 0 ? rows[position - 1] : null, Home: row && rows[0], End: row && rows.at(-1),
  }[event.key];
  if (!target) return;
  event.preventDefault();
  firstLink(target).focus();
});
