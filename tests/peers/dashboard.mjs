/**
 * Checks in a real browser that the emulator's dashboard shows what the service does.
 *
 * The official JavaScript client creates pools, jobs and tasks while Chromium, driven by playwright-core, has the page
 * open. The script checks what the page shows and how that changes, that the log includes rejected requests, that the
 * page contacts no other host and receives no secret, that polls are cheap while nothing happens and stop while the page
 * is hidden, the notice of a lost connection and the recovery from it, two widths, light and dark, and contrast.
 *
 *     node tests/peers/dashboard.mjs    with BATCH_EMULATOR naming the built program
 *
 * WINDOW_PICTURES names a folder for screenshots, and BATCH_CHROMIUM the browser if it is not in a usual place.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

// Found through NODE_PATH, which `cargo xtask peers` sets and only `require` supports.
const require = createRequire(import.meta.url);
const { BatchServiceClient, BatchSharedKeyCredentials } = require('@azure/batch');
const { chromium } = require('playwright-core');

const VERSION = '2024-02-01.19.0';
const ACCOUNT = 'windowaccount';
const KEY = Buffer.from('window: a key that opens nothing but this service').toString('base64');
/** Values that the service gets and must never show. */
const SECRETS = [KEY, 'hidden-environment', 'hidden-signature', 'hidden-command', 'hidden-password', 'SharedKey'];
/** Maximum time for a change that is made by the service or the page itself, in milliseconds. */
const TIMEOUT = 30_000;
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
      // Try the next one.
    }
  }
  console.log('cannot find Chromium: install it (Debian: apt-get install chromium),');
  console.log('or set BATCH_CHROMIUM to the path of a Chromium or Chrome executable.');
  return process.exit(1);
}

/** Starts a service slow enough for one poll a second to see each step; returns its process and URL. */
async function start(port) {
  assert.ok(process.env.BATCH_EMULATOR, 'BATCH_EMULATOR does not name the built program of batch-emulator');
  const options = ['--port', port, '--account', ACCOUNT, '--key', KEY, '--clock-speed', '0.5'];
  const service = spawn(process.env.BATCH_EMULATOR, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: service.stdout })) {
    const found = /^listening on (http:\/\/127\.0\.0\.1:(\d+))$/.exec(line);
    assert.ok(found, `unexpected first line of the service: ${line}`);
    return { service, url: found[1], port: found[2] };
  }
  throw new Error('the service exited without output');
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
  const end = Date.now() + TIMEOUT;
  let found;
  while (Date.now() < end) {
    found = await condition();
    if (found) {
      checks += 1;
      return found;
    }
    await sleep(50);
  }
  throw new Error(`timed out after ${TIMEOUT} ms waiting for ${what}`);
}

function check(condition, what) {
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

/** What a card shows, in a form that is easy to compare. */
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

/** Text whose contrast with its background is below the WCAG minimum (AA). */
const faint = (page) => page.evaluate(() => {
  const channels = (text) => text.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, index) => sum + c * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const background = channels(getComputedStyle(at).backgroundColor);
      if (background.length === 3 || background[3] === 1) return background;
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

/** Checks the page's appearance at two widths and in two color schemes. */
async function checkAppearance(page, name) {
  for (const [width, viewport] of [['wide', WIDE], ['narrow', NARROW]]) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await sleep(400); // until the new width is applied
      const overflow = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
      check(overflow <= 0, `${name}, ${width}: the page is ${overflow} pixels too wide`);
      assert.deepEqual(await faint(page), [], `${name}, ${colorScheme}: too little contrast`);
      const background = await page.evaluate(() => Number(/\d+/.exec(getComputedStyle(document.body).backgroundColor)[0]));
      check(colorScheme === 'dark' ? background < 60 : background > 200, `${colorScheme}: the background is ${background}`);
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
  check(commands.includes(`AZURE_BATCH_ENDPOINT=${url}\n`) && commands.includes(`AZURE_BATCH_ACCOUNT=${ACCOUNT}\n`), commands);
  check(await page.isVisible('#commands'), 'an empty page should show how to begin');
  for (const [id, text] of [['pools', 'No pools.'], ['jobs', 'No jobs.'], ['schedules', 'No job schedules.'], ['requests', 'No requests yet.']]) {
    check((await page.textContent(`#${id}-note`)).startsWith(text), id);
  }
  await checkAppearance(page, 'empty');
}

async function pools(page, batch) {
  await batch.pool.add(newPool('wide', 6, { taskSlotsPerNode: 2, vmSize: '<b>size</b>' }));
  const states = new Set();
  const idle = await until('six idle nodes', async () => {
    const shown = await card(page, 'pool', 'wide');
    for (const state of Object.keys(shown?.squares ?? {})) states.add(state);
    return shown?.squares.idle === 6 && shown;
  });
  check(states.has('creating') || states.has('starting'), `the states of nodes were ${[...states]}`);
  assert.deepEqual([idle.counts, idle.label, idle.badge], [{ idle: 6 }, 'Nodes: 6 idle', 'steady']);
  check(idle.about.startsWith('6 of 6 dedicated nodes'), idle.about);
  check(idle.about.endsWith('<b>size</b>') && !(await page.$('.about b')), 'strings from clients are shown as text, not HTML');
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
  const early = await until('running and waiting tasks', async () => {
    const shown = await card(page, 'job', 'work');
    return shown?.counts.running > 0 && shown.counts.active > 0 && shown;
  });
  check(early.about.includes('of 100 tasks done · on wide · priority 7'), early.about);
  await until('busy nodes', async () => (await card(page, 'pool', 'wide')).squares.running > 0);
  const some = await until('some done', async () => {
    const { counts } = await card(page, 'job', 'work');
    return counts.succeeded > 0 && counts.running > 0 && counts;
  });
  await checkAppearance(page, 'busy');
  const done = await until('all done', async () => {
    const shown = await card(page, 'job', 'work');
    return shown.counts.succeeded + shown.counts.failed === 100 && shown;
  });
  check(done.counts.succeeded > some.succeeded, 'the count should grow');
  assert.deepEqual(done.counts, { active: 0, running: 0, succeeded: 95, failed: 5 });
  // From bottom to top: succeeded, failed, running, active.
  const [succeeded, failed, running, active] = done.areas;
  check(succeeded === 95 && failed === 5 && running > 0 && active > 0, `the areas reach ${done.areas}`);
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
  check(all.includes('POST /pools Pool_Add 201') && all.includes('POST /jobs/work/addtaskcollection Task_AddCollection 200'), all.join('\n'));
  check(all.every((row) => !row.includes('?') && !row.includes('_window')), 'queries and the page itself should not be listed');
  await page.check('#only-refused');
  assert.deepEqual((await rows(page)).length, 2);
  await page.uncheck('#only-refused');
  const before = await page.textContent('.requests tbody tr:first-child');
  await batch.job.list();
  await until('one more', async () => (await page.textContent('.requests tbody tr:first-child')) !== before);
  check((await rows(page))[0] === 'GET /jobs Job_List 200', 'the newest request should be first');
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
  await checkAppearance(page, 'large');
}

/** Checks the polls while nothing happens, and while the page is hidden. */
async function rest(page, answers) {
  const polls = () => answers.filter(({ path }) => path === '/_window/state');
  await until('polls without changes', async () => polls().slice(-3).every(({ status }) => status === 304));
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await sleep(1500); // one may be in flight
  const count = answers.length;
  await sleep(2500);
  check(answers.length === count, `a hidden page sent ${answers.length - count} requests`);
  await page.evaluate(() => {
    delete document.hidden;
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await until('polls again', async () => answers.length > count);
}

async function lost(page, running) {
  check(!(await page.isVisible('#lost')), 'the notice of a lost connection is not shown yet');
  await stop(running.service);
  await until('the notice', async () => (await page.isVisible('#lost')) && (await page.textContent('#lost')).includes('connection to the service is lost'));
  check((await page.textContent('#link')) === 'connection lost', 'the indicator should say so, too');
  check((await card(page, 'job', 'work')).counts.succeeded === 95, 'the last known state should remain');
  await checkAppearance(page, 'lost');
  const again = await start(running.port);
  await until('the recovery', async () => !(await page.isVisible('#lost')) && (await page.textContent('#pools-note')).startsWith('No pools.'));
  assert.deepEqual(await rows(page), [], 'another run of the service should have another log');
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
  for (const secret of SECRETS) check(!seen.includes(secret), `${secret} was shown`);
  assert.deepEqual(complaints, [], 'the browser reported errors');
  // After this, the browser rightly reports a refused connection.
  running = await lost(page, running);
  assert.deepEqual(elsewhere, [], 'another host was contacted');
  const seconds = ((Date.now() - begin) / 1000).toFixed(1);
  console.log(`Chromium ${browser.version()}: ${checks} checks of the dashboard in ${seconds} s, ${answers.length} responses, all from the service`);
} catch (error) {
  console.log(error);
  process.exitCode = 1;
} finally {
  await browser?.close();
  running.service.kill();
}
