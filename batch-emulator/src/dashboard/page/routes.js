// Addresses within the page. They are in the fragment, so a reload, a bookmark and the back button keep view and filters,
// and none of it is sent to the service.

const encode = encodeURIComponent;

export const OVERVIEW = '#/';
export const failuresRoute = (filter) => withFilter('#/failures', filter);
export const jobRoute = (job, filter) => withFilter(`#/jobs/${encode(job)}`, filter);
export const taskRoute = (job, task, filter) => withFilter(`#/jobs/${encode(job)}/tasks/${encode(task)}`, filter);
export const poolRoute = (pool, filter) => withFilter(`#/pools/${encode(pool)}`, filter);
export const nodeRoute = (pool, node, filter) => withFilter(`#/pools/${encode(pool)}/nodes/${encode(node)}`, filter);

/** Adds the values that are set to an address. */
export function withFilter(route, filter = {}) {
  const set = Object.entries(filter).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return set.length ? `${route}?${new URLSearchParams(set)}` : route;
}

/** Parses an address to the name of its view, the ids in it, and the filter. */
export function parse(hash) {
  const [path, query = ''] = hash.replace(/^#/, '').split('?');
  let parts;
  try {
    parts = path.split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    parts = ['unknown'];
  }
  const filter = Object.fromEntries(new URLSearchParams(query));
  const [kind, id, inner, innerId] = parts;
  if (!kind) return { view: 'overview', filter };
  if (kind === 'failures' && parts.length === 1) return { view: 'failures', filter };
  if (kind === 'jobs' && parts.length === 2) return { view: 'job', job: id, filter };
  if (kind === 'jobs' && parts.length === 4 && inner === 'tasks') return { view: 'task', job: id, task: innerId, filter };
  if (kind === 'pools' && parts.length === 2) return { view: 'pool', pool: id, filter };
  if (kind === 'pools' && parts.length === 4 && inner === 'nodes') return { view: 'node', pool: id, node: innerId, filter };
  return { view: 'unknown', filter };
}
