/**
 * Does the dashboard of the emulator show in a real browser what the service does?
 *
 * The official JavaScript client makes pools, jobs and tasks; Chromium, driven by playwright-core, has the page open.
 * Held: what the page shows of it and how that changes, the log with what was refused, that nothing is asked from
 * elsewhere and nothing secret arrives, cheap polls while nothing happens, none while the page is hidden, the word on
 * a lost connection and the way back, two widths, light and dark, contrast.
 *
 *     node tests/peers/dashboard.mjs    with BATCH_EMULATOR naming the built program
 *
 * WINDOW_PICTURES names a folder for screenshots; BATCH_CHROMIUM the browser where it lies at no usual place.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

// Found through NODE_PATH, which `cargo xtask peers` sets and only `require` reads.
const require = createRequire(import.meta.url);
const { BatchServiceClient, BatchSharedKeyCredentials } = require('@azure/batch');
const { chromium } = require('playwright-core');

const VERSION = '2024-02-01.19.0';
const ACCOUNT = 'windowaccount';
const KEY = Buffer.from('window: a key that opens nothing but this service').toString('base64');
/** Given to the service, and never to be seen. */
const SECRETS = [KEY, 'hidden-environment', 'hidden-signature', 'hidden-command', 'hidden-password', 'SharedKey'];
/** How long something may take that is to come by itself, in milliseconds. */
const PATIENCE = 30_000;
const NARROW = { width: 390, height: 844 };
const WIDE = { width: 1280, height: 900 };

let checks = 0;

function findChromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const folders = (process.env.PATH ?? '').split(delimiter);
  const usual = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  for (const path of [process.env.BATCH_CHROMIUM, ...usual].filter(Boolean)) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // The next one, then.
    }
  }
  console.log('Chromium is missing, which this script drives: install it (Debian: apt-get install chromium),');
  console.log('or let BATCH_CHROMIUM name the program of a Chromium or Chrome.');
  return process.exit(1);
}

/** Starts the service, so slow that a poll a second sees each of its steps; gives its process and address. */
async function start(port) {
  assert.ok(process.env.BATCH_EMULATOR, 'BATCH_EMULATOR does not name the built program of batch-emulator');
  const options = ['--port', port, '--account', ACCOUNT, '--key', KEY, '--clock-speed', '0.5'];
  const service = spawn(process.env.BATCH_EMULATOR, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: service.stdout })) {
    const found = /^listening on (http:\/\/127\.0\.0\.1:(\d+))$/.exec(line);
    assert.ok(found, `the service began with ${line}`);
    return { service, url: found[1], port: found[2] };
  }
  throw new Error('the service said nothing');
}

async function stop(service) {
  const ended = new Promise((resolve) => service.once('exit', resolve));
  service.kill('SIGKILL');
  await ended;
}

function client(url, key) {
  const batch = new BatchServiceClient(new BatchSharedKeyCredentials(ACCOUNT, key), url, { noRetryPolicy: true });
  batch.apiVersion = VERSION;
  return batch;
}

async function until(what, condition) {
  const end = Date.now() + PATIENCE;
  let found;
  while (Date.now() < end) {
    found = await condition();
    if (found) {
      checks += 1;
      return found;
    }
    await sleep(50);
  }
  throw new Error(`after ${PATIENCE} ms: not ${what}`);
}

function holds(condition, what) {
  assert.ok(condition, what);
  checks += 1;
}

const newPool = (id, nodes, more = {}) => ({
  id,
  vmSize: 'standard_d2s_v3',
  targetDedicatedNodes: nodes,
  virtualMachineConfiguration: {
    imageReference: { publisher: 'canonical', offer: '0001-com-ubuntu-server-jammy', sku: '22_04-lts' },
    nodeAgentSKUId: 'batch.node.ubuntu 22.04',
  },
  ...more,
});

/** What a card shows, as a reader would say it. */
const card = (page, kind, id) => page.evaluate(([kind, id]) => {
  const card = [...document.querySelectorAll(`.card.${kind}`)].find((card) => card.querySelector('h3').textContent === id);
  if (!card) return null;
  const items = [...card.querySelectorAll('.legend li')];
  return {
    badge: card.querySelector('.badge').textContent,
    about: card.querySelector('.about').textContent,
    counts: Object.fromEntries(items.map((item) => [item.querySelector('span').textContent, Number(item.querySelector('b').textContent.replaceAll(',', ''))])),
    label: card.querySelector('.picture').getAttribute('aria-label'),
    squares: Object.fromEntries([...card.querySelectorAll('path.node[data-count]')].map((path) => [path.dataset.state, Number(path.dataset.count)])),
    areas: [...card.querySelectorAll('path.area[data-most]')].map((path) => Number(path.dataset.most)),
  };
}, [kind, id]);

const rows = (page) => page.$$eval('.requests tbody tr', (rows) => rows.filter((row) => row.offsetParent !== null)
  .map((row) => [...row.cells].slice(1, 5).map((cell) => cell.textContent).join(' ')));

/** Texts whose contrast to what lies behind them is below what WCAG asks for (AA). */
const faint = (page) => page.evaluate(() => {
  const channels = (text) => text.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, index) => sum + c * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const ground = channels(getComputedStyle(at).backgroundColor);
      if (ground.length === 3 || ground[3] === 1) return ground;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (!own || element.getClientRects().length === 0) continue;
    const style = getComputedStyle(element);
    const ink = channels(element instanceof SVGElement ? style.fill : style.color);
    const [one, two] = [luminance(ink), luminance(behind(element))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (two + 0.05);
    if (ratio < 4.5) found.push(`${element.tagName} ${element.className} ${ratio.toFixed(2)}: ${element.textContent.slice(0, 30)}`);
  }
  return found;
});

/** The looks of the page, at two widths and in two schemes. */
async function looks(page, name) {
  for (const [width, viewport] of [['wide', WIDE], ['narrow', NARROW]]) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await sleep(400); // what follows a change of the width
      const overflow = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
      holds(overflow <= 0, `${name}, ${width}: the page is ${overflow} pixels too wide`);
      assert.deepEqual(await faint(page), [], `${name}, ${colorScheme}: too little contrast`);
      const ground = await page.evaluate(() => Number(/\d+/.exec(getComputedStyle(document.body).backgroundColor)[0]));
      holds(colorScheme === 'dark' ? ground < 60 : ground > 200, `${colorScheme}: the ground is ${ground}`);
      if (process.env.WINDOW_PICTURES) {
        await page.screenshot({ path: join(process.env.WINDOW_PICTURES, `${name}-${width}-${colorScheme}.png`), fullPage: true });
      }
    }
  }
  await page.setViewportSize(WIDE);
  await page.emulateMedia({ colorScheme: 'light' });
}

async function newcomer(page, url) {
  await until('live', async () => (await page.textContent('#link')) === 'live');
  const commands = await page.textContent('#commands');
  holds(commands.includes(`AZURE_BATCH_ENDPOINT=${url}\n`) && commands.includes(`AZURE_BATCH_ACCOUNT=${ACCOUNT}\n`), commands);
  holds(await page.isVisible('#commands'), 'who has nothing yet is told how to begin');
  for (const [id, text] of [['pools', 'No pools.'], ['jobs', 'No jobs.'], ['schedules', 'No job schedules.'], ['requests', 'No requests yet.']]) {
    holds((await page.textContent(`#${id}-note`)).startsWith(text), id);
  }
  await looks(page, 'empty');
}

async function pools(page, batch) {
  await batch.pool.add(newPool('wide', 6, { taskSlotsPerNode: 2, vmSize: '<b>size</b>' }));
  const states = new Set();
  const idle = await until('six idle nodes', async () => {
    const shown = await card(page, 'pool', 'wide');
    for (const state of Object.keys(shown?.squares ?? {})) states.add(state);
    return shown?.squares.idle === 6 && shown;
  });
  holds(states.has('creating') || states.has('starting'), `nodes were seen as ${[...states]}`);
  assert.deepEqual([idle.counts, idle.label, idle.badge], [{ idle: 6 }, 'Nodes: 6 idle', 'steady']);
  holds(idle.about.startsWith('6 of 6 dedicated nodes'), idle.about);
  holds(idle.about.endsWith('<b>size</b>') && !(await page.$('.about b')), 'what a client made up is text and no HTML');
  await batch.pool.resize('wide', { targetDedicatedNodes: 8 });
  await until('eight nodes', async () => (await card(page, 'pool', 'wide')).squares.idle === 8);
}

async function jobs(page, batch) {
  await batch.job.add({ id: 'work', poolInfo: { poolId: 'wide' }, priority: 7 });
  const tasks = Array.from({ length: 100 }, (_, index) => ({
    id: `t-${index}`,
    commandLine: 'echo hidden-command',
    environmentSettings: [
      { name: 'TOKEN', value: 'hidden-environment' },
      { name: 'EMULATOR_EXIT_CODE', value: index % 20 === 0 ? '3' : '0' },
    ],
    resourceFiles: [{ httpUrl: 'https://a.blob.core.windows.net/c/b?sig=hidden-signature', filePath: 'b' }],
  }));
  await batch.task.addCollection('work', tasks);
  const early = await until('running tasks and waiting ones', async () => {
    const shown = await card(page, 'job', 'work');
    return shown?.counts.running > 0 && shown.counts.active > 0 && shown;
  });
  holds(early.about.includes('of 100 tasks done · on wide · priority 7'), early.about);
  await until('busy nodes', async () => (await card(page, 'pool', 'wide')).squares.running > 0);
  const some = await until('some done', async () => {
    const { counts } = await card(page, 'job', 'work');
    return counts.succeeded > 0 && counts.running > 0 && counts;
  });
  await looks(page, 'busy');
  const done = await until('all done', async () => {
    const shown = await card(page, 'job', 'work');
    return shown.counts.succeeded + shown.counts.failed === 100 && shown;
  });
  holds(done.counts.succeeded > some.succeeded, 'the count grew');
  assert.deepEqual(done.counts, { active: 0, running: 0, succeeded: 95, failed: 5 });
  // From the bottom up: succeeded, failed, running, active.
  const [succeeded, failed, running, active] = done.areas;
  holds(succeeded === 95 && failed === 5 && running > 0 && active > 0, `the areas reach ${done.areas}`);
  const sums = await page.$$eval('.sums > div', (sums) => Object.fromEntries(sums.map((sum) => [sum.querySelector('dt').textContent, sum.querySelector('span').textContent])));
  assert.deepEqual([sums.Nodes, sums['Tasks succeeded'], sums['Tasks failed']], ['8', '95', '5']);
}

async function log(page, batch, url) {
  await assert.rejects(batch.pool.get('nothing'));
  await assert.rejects(client(url, 'd3Jvbmc=').job.get('work'));
  await until('refused requests', async () => {
    const shown = await rows(page);
    return shown.some((row) => row === 'GET /pools/nothing Pool_Get 404 PoolNotFound')
      && shown.some((row) => row === 'GET /jobs/work Job_Get 403 AuthenticationFailed');
  });
  const all = await rows(page);
  holds(all.includes('POST /pools Pool_Add 201') && all.includes('POST /jobs/work/addtaskcollection Task_AddCollection 200'), all.join('\n'));
  holds(all.every((row) => !row.includes('?') && !row.includes('_window')), 'neither queries nor the page itself');
  await page.check('#only-refused');
  assert.deepEqual((await rows(page)).length, 2);
  await page.uncheck('#only-refused');
  const before = await page.textContent('.requests tbody tr:first-child');
  await batch.job.list();
  await until('one more', async () => (await page.textContent('.requests tbody tr:first-child')) !== before);
  holds((await rows(page))[0] === 'GET /jobs Job_List 200', 'the newest comes first');
}

async function schedules(page, batch) {
  const schedule = { doNotRunUntil: new Date(Date.now() + 86_400_000), recurrenceInterval: 'PT1H' };
  await batch.jobSchedule.add({ id: 'nightly', schedule, jobSpecification: { poolInfo: { poolId: 'wide' } } });
  await until('the schedule', async () => /nightly\s*active.*PT1H/s.test(await page.textContent('#schedules')));
}

async function many(page, batch) {
  await batch.pool.add(newPool('large', 1100));
  for (let index = 0; index < 30; index += 1) await batch.pool.add(newPool(`many-${index}`, 0));
  await until('a bounded number of pools', async () => (await page.$$('.card.pool')).length === 24 && (await page.textContent('#pools-note')) === 'and 8 more');
  for (let index = 0; index < 30; index += 1) await batch.pool.deleteMethod(`many-${index}`);
  await until('the others gone', async () => (await page.$$('.card.pool')).length === 2);
  const large = await until('1,100 idle nodes', async () => {
    const shown = await card(page, 'pool', 'large');
    return shown?.counts.idle === 1100 && shown;
  });
  assert.deepEqual(large.squares, { idle: 1000 });
  await looks(page, 'large');
}

/** Polls while nothing happens, and while nobody looks. */
async function rest(page, answers) {
  const polls = () => answers.filter(({ path }) => path === '/_window/state');
  await until('polls that say nothing new', async () => polls().slice(-3).every(({ status }) => status === 304));
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await sleep(1500); // one may be under way
  const count = answers.length;
  await sleep(2500);
  holds(answers.length === count, `a hidden page asked ${answers.length - count} times`);
  await page.evaluate(() => {
    delete document.hidden;
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await until('polls again', async () => answers.length > count);
}

async function lost(page, running) {
  holds(!(await page.isVisible('#lost')), 'no word of a lost connection before');
  await stop(running.service);
  await until('the word', async () => (await page.isVisible('#lost')) && (await page.textContent('#lost')).includes('connection to the service is lost'));
  holds((await page.textContent('#link')) === 'connection lost', 'the sign says so too');
  holds((await card(page, 'job', 'work')).counts.succeeded === 95, 'what was known stays');
  await looks(page, 'lost');
  const again = await start(running.port);
  await until('the way back', async () => !(await page.isVisible('#lost')) && (await page.textContent('#pools-note')).startsWith('No pools.'));
  assert.deepEqual(await rows(page), [], 'another run of the service has another log');
  return again;
}

const begin = Date.now();
const executablePath = findChromium();
let running = await start('0');
let browser;
try {
  browser = await chromium.launch({
    executablePath,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update', '--no-first-run'],
  });
  const page = await browser.newPage({ viewport: WIDE });
  const elsewhere = [];
  const complaints = [];
  const answers = [];
  page.on('request', (request) => request.url().startsWith(`${running.url}/`) || elsewhere.push(request.url()));
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  const bodies = [];
  page.on('response', (response) => {
    answers.push({ path: new URL(response.url()).pathname, status: response.status() });
    bodies.push(response.text().catch(() => ''));
  });
  await page.goto(`${running.url}/`);
  const batch = client(running.url, KEY);
  await newcomer(page, running.url);
  await pools(page, batch);
  await jobs(page, batch);
  await log(page, batch, running.url);
  await schedules(page, batch);
  await many(page, batch);
  await rest(page, answers);
  const seen = [...(await Promise.all(bodies)), await page.content()].join('\n');
  for (const secret of SECRETS) holds(!seen.includes(secret), `${secret} was seen`);
  assert.deepEqual(complaints, [], 'the browser complained');
  // From here on it rightly complains of a refused connection.
  running = await lost(page, running);
  assert.deepEqual(elsewhere, [], 'something was asked from elsewhere');
  const seconds = ((Date.now() - begin) / 1000).toFixed(1);
  console.log(`Chromium ${browser.version()}: ${checks} checks of the dashboard in ${seconds} s, ${answers.length} answers, all from the service`);
} catch (error) {
  console.log(error);
  process.exitCode = 1;
} finally {
  await browser?.close();
  running.service.kill();
}
