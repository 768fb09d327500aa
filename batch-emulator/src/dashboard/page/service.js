// What the page requests, and the clock of the service.

/** Data of the service from the last response, and when that came. */
let last = { speed: 1, now: 0, at: 0 };
const tags = new Map();

/** The service's current time, between responses too. */
export function now() {
  return last.now + (performance.now() - last.at) * last.speed;
}

export const speed = () => last.speed;

/** An answer other than the wanted one. */
export class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

async function request(path, signal, headers = {}) {
  const limit = AbortSignal.timeout(5000);
  const answer = await fetch(path, { headers, cache: 'no-store', signal: signal ? AbortSignal.any([signal, limit]) : limit });
  if (!answer.ok && answer.status !== 304) throw new Refused(answer.status, (await answer.text()).trim());
  return answer;
}

/**
 * Requests a document; returns null if it is the same as last time. Documents with different addresses may be versions of
 * one `document`.
 */
export async function ask(path, signal, document = path) {
  const tag = tags.get(document);
  const answer = await request(path, signal, tag ? { 'If-None-Match': tag } : {});
  if (answer.status === 304) return null;
  const fresh = await answer.json();
  if (fresh.service) last = { speed: fresh.service.speed, now: fresh.now, at: performance.now() };
  if (answer.headers.has('etag')) tags.set(document, answer.headers.get('etag'));
  return fresh;
}

/** Requests the end of a file; returns null if it is the same as last time. */
export async function askText(path, signal) {
  const tag = tags.get(path);
  const answer = await request(path, signal, tag ? { 'If-None-Match': tag } : {});
  if (answer.status === 304) return null;
  const text = await answer.text();
  tags.set(path, answer.headers.get('etag'));
  return { text, length: Number(answer.headers.get('file-length')) };
}

/** Forgets what was received, for a view that is opened. */
export function forget() {
  tags.clear();
}

/** Builds the address of a document. */
export function address(name, values) {
  const set = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return `/_window/${name}?${new URLSearchParams(set)}`;
}
