/**
 * Checks in a real browser that the emulator's dashboard shows what the service does.
 *
 * The official JavaScript client creates pools, jobs and tasks while Chromium, driven by playwright-core, has the page
 * open. The script checks what the page shows and how that changes, that the log includes rejected requests, that the
 * page contacts no other host and receives no secret, that polls are cheap while nothing happens and stop while the page
 * is hidden, the notice of a lost connection and the recovery from it, two widths, light and dark, and contrast.
 * `_dashboard_failures.mjs` goes from failures to their reasons.
 *
 *     node tests/peers/dashboard.mjs    with BATCH_EMULATOR naming the built program
 *
 * WINDOW_PICTURES names a folder for screenshots, and BATCH_CHROMIUM the browser if it is not in a usual place.
 */

import { failures, losses } from './_dashboard_failures.mjs';
import {
  ACCOUNT, KEY, check, checkAppearance, checks, chromium, client, findChromium, newPool, openPage, same, start, stop, structure, until,
} from './_dashboard.mjs';

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Values that the service gets and must never show. */
const SECRETS = [KEY, 'hidden-environment', 'hidden-signature', 'hidden-command', 'hidden-password', 'SharedKey'];
/** Slow enough for one poll a second to see each step, and with sizes of machines that are markup. */
const OPTIONS = ['--clock-speed', '0.5', '--any-image'];

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

async function newcomer(page, url) {
  const commands = await page.textContent('#commands');
  same(commands, `export AZURE_BATCH_ENDPOINT='${url}'\nexport AZURE_BATCH_ACCOUNT='${ACCOUNT}'\nexport AZURE_BATCH_ACCESS_KEY='YOUR-KEY'`);
  same(await structure(page), []);
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
  const again = await start(running.port, ...OPTIONS);
  await until('the recovery', async () => !(await page.isVisible('#lost')) && (await page.textContent('#pools-note')).startsWith('No pools.'));
  assert.deepEqual(await rows(page), [], 'another run of the service should have another log');
  return again;
}

/** The rate and the marks of axes, with prepared numbers. */
async function arithmetic() {
  // A module by its content, as not every version of Node.js takes a file `.js` for one.
  const text = readFileSync(new URL('../../batch-emulator/src/dashboard/page/rate.js', import.meta.url), 'utf8');
  const rate = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  const minute = 60_000;
  // From 0 to 100 tasks in ten minutes.
  const samples = Array.from({ length: 11 }, (_, index) => [index * minute, 100 - index * 10, 0, index * 9, index]);
  same(rate.rate(samples, 10 * minute, 1), 10);
  same(rate.timeLeft(samples.slice(0, 6), 5 * minute, 1), 5 * minute);
  same([rate.rate(samples.slice(0, 1), minute, 1), rate.timeLeft(samples, 10 * minute, 1)], [null, null]);
  same([0.5, 12, 60_000, 6_000_000].map(rate.showRate), ['30 tasks/h', '12 tasks/min', '1,000 tasks/s', '100,000 tasks/s']);
  same([1, 7, 500].map((most) => rate.marks(most, 3)), [[0, 0.5, 1], [0, 5], [0, 200, 400]]);
  same(rate.timeMarks(150_000, 4), [0, 60_000, 120_000]);
}

const begin = Date.now();
const executablePath = findChromium();
let running = await start('0', ...OPTIONS);
let browser;
try {
  await arithmetic();
  browser = await chromium.launch({
    executablePath,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update', '--no-first-run'],
  });
  const { page, seen } = await openPage(browser, running);
  const batch = client(running.url);
  await newcomer(page, running.url);
  await pools(page, batch);
  await jobs(page, batch);
  await log(page, batch, running.url);
  await schedules(page, batch);
  await many(page, batch);
  await rest(page, seen.answers);
  const shown = [...(await Promise.all(seen.bodies)), await page.content()].join('\n');
  for (const secret of SECRETS) check(!shown.includes(secret), `${secret} was shown`);
  same(seen.complaints, [], 'the browser reported errors');
  // After this, the browser rightly reports a refused connection.
  running = await lost(page, running);
  same(seen.elsewhere, [], 'another host was contacted');
  await page.close();
  const responses = seen.answers.length + await failures(browser) + await losses(browser);
  const seconds = ((Date.now() - begin) / 1000).toFixed(1);
  console.log(`Chromium ${browser.version()}: ${checks} checks of the dashboard in ${seconds} s, ${responses} responses, all from the service`);
} catch (error) {
  console.log(error);
  process.exitCode = 1;
} finally {
  await browser?.close();
  running.service.kill();
}
