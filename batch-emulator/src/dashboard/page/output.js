// The files of a task or of a node's start task: the end of stderr and stdout, the list, and the end of a chosen file.

import { html, link, renew, say } from './elements.js';
import { bytes, time } from './parts.js';
import { address, ask, askText, Refused } from './service.js';
import { table } from './table.js';

/** Files that are always shown, the one with the reason of a failure first. */
const STREAMS = ['stderr.txt', 'stdout.txt'];

/** The end of a file. */
class Tail {
  constructor(name) {
    this.name = name;
    this.note = html('p', { class: 'quiet' });
    this.text = html('pre', { class: 'output', tabindex: 0, role: 'region', 'aria-label': `The end of ${name}` });
    this.element = html('section', { class: 'tail', 'data-file': name }, html('h3', {}, name), this.note, this.text);
    this.text.hidden = true;
  }

  async poll(owner, signal) {
    try {
      const fresh = await askText(address('file', { ...owner, path: this.name }), signal);
      if (fresh) this.show(fresh);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.text.hidden = true;
      say(this.note, error.message);
    }
  }

  show({ text, length }) {
    // Who reads the end goes on reading the end.
    const follows = this.text.scrollTop + this.text.clientHeight >= this.text.scrollHeight - 4;
    say(this.text, text);
    this.text.hidden = text === '';
    if (follows) this.text.scrollTop = this.text.scrollHeight;
    const size = new TextEncoder().encode(text).length;
    say(this.note, length === 0 ? 'Empty.' : length > size + 1024 ? `The end of ${bytes(length)}.` : bytes(length));
  }
}

/** Shows the files of an owner: a job and task, or a pool and node. */
export class Output {
  /** `route` returns the address of the view with a file chosen. */
  constructor(owner, file, route) {
    this.owner = owner;
    this.route = route;
    this.tails = STREAMS.map((name) => new Tail(name));
    this.chosen = html('div');
    this.files = html('div');
    this.note = html('p', { class: 'quiet note' });
    this.element = html('section', { class: 'files', 'aria-label': 'Output' },
      ...this.tails.map((tail) => tail.element), this.chosen, html('h3', {}, 'Files'), this.files, this.note);
    this.choose(file);
  }

  choose(file) {
    this.other = file && !STREAMS.includes(file) ? new Tail(file) : null;
    this.chosen.replaceChildren(...(this.other ? [this.other.element] : []));
  }

  /** Says why there are no files; without a reason, shows them. */
  withhold(reason) {
    for (const part of [...this.tails.map((tail) => tail.element), this.chosen, this.files]) part.hidden = Boolean(reason);
    if (reason) say(this.note, reason);
  }

  async poll(signal) {
    await Promise.all([...this.tails, ...(this.other ? [this.other] : [])].map((tail) => tail.poll(this.owner, signal)));
    try {
      const fresh = await ask(address('files', this.owner), signal);
      if (fresh) this.list(fresh);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.files.replaceChildren();
      delete this.files.dataset.key;
      say(this.note, error.message);
    }
  }

  list({ files, more }) {
    renew(this.files, JSON.stringify(files), () => (files.length === 0 ? [] : table('Files', ['File', 'Size', 'Changed'],
      files.map(({ name, size, modified }) => [link(this.route({ file: name }), name), bytes(size), time(modified)]), 'files')));
    say(this.note, files.length === 0 ? 'No files.' : more ? 'and more' : '');
  }
}
