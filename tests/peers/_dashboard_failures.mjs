/**
 * Failures on the dashboard: from a failure to its stderr with two clicks and with the keyboard alone, filters and
 * reloads, hostile strings, lost nodes, failed resizes, autoscale runs, deleted jobs and a large job.
 */

import { check, checkAppearance, client, newPool, openPage, same, start, structure, stop, until } from './_dashboard.mjs';

const HOSTILE = '<img src=x onerror=alert(1)>';
const TASKS = 500;
/** One task in this many fails: 4 of 500. */
const FAILING = 125;
/** Secrets in what tasks write, and in their definitions. */
export const HIDDEN = ['hidden-signature', 'hidden-environment', 'hidden-argument'];

const failing = (index) => index % FAILING === FAILING - 1;
const taskId = (index) => `t-${String(index).padStart(3, '0')}`;

function task(index) {
  const script = failing(index)
    ? `echo begin; mkdir out; echo ${index} > out/part.txt; echo "${HOSTILE} cannot open https://a.blob.core.windows.net/c/b?sig=hidden-signature" >&2; exit 3`
    : 'true';
  return {
    id: taskId(index),
    // Long enough for several polls to see some of them done.
    commandLine: failing(index) ? `sh -c '${script}' hidden-argument` : 'sleep 0.2',
    environmentSettings: [{ name: 'TOKEN', value: 'hidden-environment' }],
  };
}

const detail = (page) => page.textContent('#detail');
const links = (page, selector) => page.$$eval(selector, (found) => found.map((link) => link.textContent));
const firstColumn = '#detail table.tasks tbody td:first-child a';

async function run(batch) {
  await batch.pool.add(newPool('busy', 2, { taskSlotsPerNode: 8 }));
  await batch.job.add({ id: 'render', poolInfo: { poolId: 'busy' } });
  const tasks = Array.from({ length: TASKS }, (_, index) => task(index));
  for (let at = 0; at < TASKS; at += 100) await batch.task.addCollection('render', tasks.slice(at, at + 100));
}

/** While tasks run, the page says how fast and how long. */
async function pace(page) {
  const shown = await until('rate and time left', async () => {
    const text = await page.textContent('.card.job .pace').catch(() => '');
    return /tasks\/(s|min|h) · about .+ left/.test(text) && text;
  });
  check(!shown.includes('NaN') && !shown.includes('Infinity'), shown);
  await until('all done', async () => (await page.textContent('.card.job .about')).startsWith(`${TASKS} of ${TASKS} tasks done`));
  check((await page.textContent('.card.job .pace')) === '', 'nothing is left');
}

/** A few failures among many tasks are as visible as any number. */
async function visible(page) {
  // How thick the area is at the end of the chart.
  const height = await page.$eval('.card.job path.area.failed', (area) => {
    const { width, height } = area.ownerSVGElement.viewBox.baseVal;
    const steps = Array.from({ length: height * 4 }, (_, step) => new DOMPoint(width - 1, step / 4));
    return steps.filter((point) => area.isPointInFill(point)).length / 4;
  });
  check(height >= 6, `4 of ${TASKS} tasks are ${height} pixels high`);
  check((await page.textContent('.card.job .wrong')) === '4 tasks failed', 'the card says how many failed');
  const axis = await page.$$eval('.card.job text.count', (marks) => marks.map((mark) => mark.textContent));
  check(axis.length >= 2 && axis[0] === '0', `the marks of the axis are ${axis}`);
  const times = await page.$$eval('.card.job text.time', (marks) => marks.map((mark) => mark.textContent));
  check(times.length >= 2 && times[0] === '0 s', `the marks of the time are ${times}`);
  same(await structure(page), []);
  await checkAppearance(page, 'failures');
}

async function twoClicks(page) {
  await page.click('.card.job .wrong a');
  await until('the failed tasks', async () => (await links(page, firstColumn)).length === 4);
  same(await links(page, firstColumn), [124, 249, 374, 499].map(taskId));
  same(await structure(page), []);
  await checkAppearance(page, 'job');
  await page.click(firstColumn);
  const text = await until('stderr', async () => {
    const text = await page.textContent('[data-file="stderr.txt"] pre').catch(() => '');
    return text.includes('cannot open') && text;
  });
  same(text, `${HOSTILE} cannot open https://a.blob.core.windows.net/c/b?…\n`);
  check(await page.isVisible('[data-file="stderr.txt"] pre'), 'stderr is shown without another click');
  const place = await page.$eval('[data-file="stderr.txt"] pre', (text) => text.getBoundingClientRect().top);
  check(place < 900, `stderr is ${place} pixels from the top of a page of 900`);
  same(await page.$$('img[src=x]').then((found) => found.length), 0, 'output is text');
  await until('stdout', async () => (await page.textContent('[data-file="stdout.txt"] pre')) === 'begin\n');
  const facts = await page.textContent('.facts');
  check(/Exit code3/.test(facts) && /Ran\d/.test(facts), facts);
  check((await page.textContent('#detail .failure')).includes('FailureExitCode'), 'the failure is shown');
  const files = await until('files', async () => {
    const files = await links(page, 'table.files a');
    return files.length === 3 && files;
  });
  same(files, ['stderr.txt', 'stdout.txt', 'wd/out/part.txt']);
  await page.click('table.files tr:nth-child(3) a');
  await until('a file', async () => (await page.textContent('[data-file="wd/out/part.txt"] pre').catch(() => '')) === '124\n');
  await page.reload();
  await until('the same file', async () => (await page.textContent('[data-file="wd/out/part.txt"] pre').catch(() => '')) === '124\n');
  same(await structure(page), []);
  await checkAppearance(page, 'task');
}

/** From the overview to stderr without a mouse; where the focus is can be seen. */
async function keyboard(page, url) {
  await page.goto(`${url}/#/`);
  await page.reload();
  await until('the totals', async () => (await page.$$('#sums a')).length > 0);
  const focused = () => page.evaluate(() => ({ text: document.activeElement.textContent, href: document.activeElement.getAttribute('href') }));
  const outlined = () => page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== 'none' && parseFloat(getComputedStyle(document.activeElement).outlineWidth) >= 2);
  let steps = 0;
  while ((await focused()).href !== '#/failures') {
    await page.keyboard.press('Tab');
    check(await outlined(), `the focus is not visible at ${JSON.stringify(await focused())}`);
    check((steps += 1) < 20, 'the failures cannot be reached with the Tab key');
  }
  await page.keyboard.press('Enter');
  await until('the failed tasks', async () => (await links(page, firstColumn)).length === 4);
  same(await page.evaluate(() => document.activeElement.id), 'detail', 'the focus is on what was opened');
  while ((await focused()).text !== taskId(124)) {
    await page.keyboard.press('Tab');
    check((steps += 1) < 40, 'the tasks cannot be reached with the Tab key');
  }
  for (const [key, index] of [['ArrowDown', 249], ['ArrowDown', 374], ['End', 499], ['ArrowUp', 374], ['Home', 124], ['ArrowUp', 124]]) {
    await page.keyboard.press(key);
    same((await focused()).text, taskId(index), key);
  }
  check(await outlined(), 'the focus in the table is not visible');
  // Polls do not take the focus away.
  await page.waitForTimeout(2500);
  same((await focused()).text, taskId(124));
  await page.keyboard.press('Enter');
  await until('stderr', async () => (await page.textContent('[data-file="stderr.txt"] pre').catch(() => '')).includes('cannot open'));
  await page.goBack();
  await until('back', async () => (await page.textContent('#detail h2')) === 'Failed tasks');
}

async function filters(page, url) {
  await page.goto(`${url}/#/jobs/render`);
  await until('a page of tasks', async () => (await links(page, firstColumn)).length === 100);
  await page.click('text=Next page');
  await until('the next page', async () => (await links(page, firstColumn))[0] === taskId(100));
  await page.selectOption('select[name=show]', 'failed');
  await page.fill('input[name=find]', '49');
  await until('two filters', async () => (await links(page, firstColumn)).join() === [249, 499].map(taskId).join());
  check(page.url().endsWith('#/jobs/render?show=failed&find=49'), page.url());
  await page.reload();
  await until('the same after a reload', async () => (await links(page, firstColumn)).join() === [249, 499].map(taskId).join());
  same(await page.$eval('.filters', (form) => [form.show.value, form.find.value, form.exit.value]), ['failed', '49', '']);
  await page.fill('input[name=exit]', '4');
  await until('no match', async () => (await detail(page)).includes('No task matches.'));
  await page.goto(`${url}/#/`);
  await page.check('#only-refused');
  await page.reload();
  await until('the filter of the log', async () => page.isChecked('#only-refused'));
  await page.uncheck('#only-refused');
}

/** What clients named cannot become a part of the page. */
async function hostile(page, batch, url) {
  await batch.pool.add(newPool('start', 1, {
    vmSize: HOSTILE,
    startTask: { commandLine: "sh -c 'echo cannot mount >&2; exit 7' hidden-argument", waitForSuccess: true },
  }));
  await page.goto(`${url}/#/`);
  const row = await until('the failed start task', async () => {
    const row = await page.textContent('#incidents tbody tr').catch(() => '');
    return row.includes('start task failed') && row;
  });
  check(row.includes('exit code 7') && row.includes('start'), row);
  check((await page.textContent('#sums')).includes('1 unusable'), 'the total of nodes says it');
  await page.click('#incidents tbody td:nth-child(4) a');
  await until('stderr of the start task', async () => (await page.textContent('[data-file="stderr.txt"] pre').catch(() => '')) === 'cannot mount\n');
  check((await page.textContent('#detail .facts ~ .failure, #detail .failure')).includes('FailureExitCode'), 'the failure of the start task');
  same(await structure(page), []);
  await checkAppearance(page, 'node');
  await page.goto(`${url}/#/jobs/${encodeURIComponent(HOSTILE)}/tasks/${encodeURIComponent("';alert(1)//")}`);
  await until('no such task', async () => (await detail(page)).includes('There is no such task'));
  await page.goto(`${url}/#/%E0%A4%A`);
  await until('no such page', async () => (await detail(page)).includes('There is no such page'));
  same(await page.$$('img[src=x]').then((found) => found.length), 0);
}

async function deleted(page, batch, url) {
  await batch.job.deleteMethod('render');
  await page.goto(`${url}/#/`);
  await until('the deleted job', async () => /render.*496.*4/s.test(await page.textContent('#deleted').catch(() => '')));
  const sums = await page.textContent('#sums');
  check(sums.includes('4 4 of them deleted') && sums.includes('496 496 of them deleted'), sums);
  await page.goto(`${url}/#/jobs/render`);
  await until('no such job', async () => (await detail(page)).includes('There is no such job'));
}

/** A service whose tasks are executed. Returns what the page has received. */
export async function failures(browser) {
  const running = await start('0', '--execute', '--any-image');
  try {
    const batch = client(running.url);
    const { page, seen } = await openPage(browser, running);
    await run(batch);
    await pace(page);
    await visible(page);
    await twoClicks(page);
    await keyboard(page, running.url);
    await filters(page, running.url);
    const refused = seen.complaints.splice(0);
    same(refused, [], 'the browser reported errors');
    await hostile(page, batch, running.url);
    await deleted(page, batch, running.url);
    // The browser rightly reports that a resource is missing.
    same(seen.complaints.filter((text) => !text.includes('404')), [], 'the browser reported errors');
    const text = [...(await Promise.all(seen.bodies)), await page.content()].join('\n');
    for (const secret of HIDDEN) check(!text.includes(secret), `${secret} was shown`);
    same(seen.elsewhere, [], 'another host was contacted');
    await page.close();
    return seen.answers.length;
  } finally {
    await stop(running.service);
  }
}

const SCENARIO = {
  seed: 1,
  nodes: [
    { pool: 'lossy', index: 0, becomes: 'unusable', afterSeconds: 20, code: 'DiskFull' },
    { pool: 'lossy', kind: 'spot', becomes: 'preempted', afterSeconds: 25, recoversAfterSeconds: 5, most: 1 },
  ],
  resizes: [{ pool: 'short', nodes: 1, code: 'AllocationTimedout', most: 1 }],
};

async function lostNodes(page, batch, url) {
  await batch.pool.add(newPool('lossy', 2, { targetLowPriorityNodes: 1 }));
  await batch.pool.add(newPool('short', 3));
  await page.goto(`${url}/#/`);
  const events = await until('the events', async () => {
    const rows = await page.$$eval('#incidents tbody tr', (rows) => rows.map((row) => [...row.cells].slice(1).map((cell) => cell.textContent)));
    return ['unusable', 'preempted', 'recovered', 'resize error'].every((kind) => rows.some(([found]) => found === kind)) && rows;
  });
  check(events.some(([kind, pool, , reason]) => kind === 'unusable' && pool === 'lossy' && reason === 'DiskFull'), JSON.stringify(events));
  check(events.some(([kind, pool, , reason]) => kind === 'resize error' && pool === 'short' && reason.startsWith('AllocationTimedout')), JSON.stringify(events));
  check((await page.textContent('.card.pool .wrong')).startsWith('resize: AllocationTimedout'), 'the card of the pool shows the error');
  await page.goto(`${url}/#/pools/short`);
  await until('the resize error', async () => (await page.textContent('#detail .failure').catch(() => '')).includes('could not allocate'));
  await page.goto(`${url}/#/pools/lossy?show=unusable`);
  const node = await until('the unusable node', async () => {
    const rows = await page.$$eval('#detail table.nodes tbody tr', (rows) => rows.map((row) => row.textContent));
    return rows.length === 1 && rows[0];
  });
  check(node.includes('DiskFull'), node);
  await page.reload();
  await until('the filter after a reload', async () => (await page.$eval('select[name=show]', (field) => field.value).catch(() => '')) === 'unusable');
  same(await structure(page), []);
  await checkAppearance(page, 'pool');
  await page.click('#detail table.nodes tbody a');
  await until('the error of the node', async () => (await page.textContent('#detail .failure').catch(() => '')).includes('DiskFull'));
}

async function autoscale(page, batch, url) {
  const formula = 'wanted = 2; $TargetDedicatedNodes = wanted;';
  await batch.pool.add(newPool('scaled', undefined, { enableAutoScale: true, autoScaleFormula: formula, autoScaleEvaluationInterval: 'PT5M' }));
  await page.goto(`${url}/#/pools/scaled`);
  const run = await until('a run', async () => {
    const run = await page.textContent('#detail table.runs tbody tr').catch(() => '');
    return run.includes('$TargetDedicatedNodes = 2') && run;
  });
  check(run.includes('wanted = 2'), run);
  await until('a steady pool', async () => (await batch.pool.get('scaled')).allocationState === 'steady');
  await batch.pool.enableAutoScale('scaled', { autoScaleFormula: 'wanted = missing;' });
  await until('a failed run', async () => (await page.$$eval('#detail table.runs tbody tr', (rows) => rows[0].textContent)).includes('AutoScalingFormulaEvaluationError'));
  await checkAppearance(page, 'autoscale');
}

/** A job with many tasks makes neither the page nor its documents large. */
async function large(page, batch, url) {
  await batch.job.add({ id: 'large', poolInfo: { poolId: 'nowhere' } });
  const count = 20_000;
  for (let at = 0; at < count; at += 100) {
    await batch.task.addCollection('large', Array.from({ length: 100 }, (_, index) => ({ id: `task-${at + index}`, commandLine: 'true' })));
  }
  for (const path of ['/_window/state', '/_window/job?id=large', '/_window/job?id=large&find=task-1999', '/_window/failures']) {
    const begin = Date.now();
    const text = await (await fetch(url + path)).text();
    const took = Date.now() - begin;
    check(text.length < 64_000 && took < 5000, `${path}: ${text.length} bytes in ${took} ms`);
  }
  await page.goto(`${url}/#/jobs/large?find=task-1999`);
  await until('matches', async () => (await links(page, firstColumn)).length === 11);
  check((await page.textContent('.facts')).includes('nowhere (does not exist)'), 'a pool that does not exist is named');
}

/** A service whose nodes are lost. Returns the number of responses. */
export async function losses(browser) {
  const running = await start('0', '--any-image', '--clock-speed', '10', '--scenario', JSON.stringify(SCENARIO));
  try {
    const batch = client(running.url);
    const { page, seen } = await openPage(browser, running);
    await lostNodes(page, batch, running.url);
    await autoscale(page, batch, running.url);
    await large(page, batch, running.url);
    same(seen.complaints, [], 'the browser reported errors');
    same(seen.elsewhere, [], 'another host was contacted');
    await page.close();
    return seen.answers.length;
  } finally {
    await stop(running.service);
  }
}
