/** What the checks of the dashboard share: services, the client, waiting, and the measures of a page's appearance. */

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
export const { chromium } = require('playwright-core');

const VERSION = '2024-02-01.19.0';
export const ACCOUNT = 'windowaccount';
export const KEY = Buffer.from('window: a key that opens nothing but this service').toString('base64');
/** Maximum time for a change that is made by the service or the page itself, in milliseconds. */
const TIMEOUT = 120_000;
const NARROW = { width: 500, height: 900 };
export const WIDE = { width: 1280, height: 900 };
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Number of checks so far. */
export let checks = 0;

export function findChromium() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const usual = folders.flatMap((folder) => BROWSERS.map((name) => join(folder, name)));
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

/** Starts a service; returns its process, URL and port. */
export async function start(port, ...more) {
  assert.ok(process.env.BATCH_EMULATOR, 'BATCH_EMULATOR does not name the built program of batch-emulator');
  const options = ['--port', port, '--account', ACCOUNT, '--key', KEY, ...more];
  const service = spawn(process.env.BATCH_EMULATOR, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: service.stdout })) {
    const found = /^listening on (http:\/\/127\.0\.0\.1:(\d+))$/.exec(line);
    assert.ok(found, `unexpected first line of the service: ${line}`);
    return { service, url: found[1], port: found[2] };
  }
  throw new Error('the service exited without output');
}

export async function stop(service) {
  const ended = new Promise((resolve) => service.once('exit', resolve));
  service.kill('SIGKILL');
  await ended;
}

export function client(url, key = KEY) {
  const batch = new BatchServiceClient(new BatchSharedKeyCredentials(ACCOUNT, key), url, { noRetryPolicy: true });
  batch.apiVersion = VERSION;
  return batch;
}

export async function until(what, condition) {
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

export function check(condition, what) {
  assert.ok(condition, what);
  checks += 1;
}

export function same(found, expected, what) {
  assert.deepEqual(found, expected, what);
  checks += 1;
}

export const newPool = (id, nodes, more = {}) => ({
  id,
  vmSize: 'standard_d2s_v3',
  targetDedicatedNodes: nodes,
  virtualMachineConfiguration: {
    imageReference: { publisher: 'canonical', offer: '0001-com-ubuntu-server-jammy', sku: '22_04-lts' },
    nodeAgentSKUId: 'batch.node.ubuntu 22.04',
  },
  ...more,
});

/** Opens a page that records what it requests, what the browser complains about and the bodies of responses. */
export async function openPage(browser, running) {
  const page = await browser.newPage({ viewport: WIDE });
  const seen = { elsewhere: [], complaints: [], answers: [], bodies: [] };
  page.on('request', (request) => request.url().startsWith(`${running.url}/`) || seen.elsewhere.push(request.url()));
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && seen.complaints.push(message.text()));
  page.on('pageerror', (error) => seen.complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    seen.complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('response', (response) => {
    seen.answers.push({ path: new URL(response.url()).pathname, status: response.status() });
    seen.bodies.push(response.text().catch(() => ''));
  });
  await page.goto(`${running.url}/`);
  await until('live', async () => (await page.textContent('#link')) === 'live');
  return { page, seen };
}

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
  const ratio = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const found = [];
  const texts = [...document.querySelectorAll('body *')].filter((element) => element.getClientRects().length > 0
    && [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim()));
  for (const element of texts) {
    const style = getComputedStyle(element);
    const ink = channels(element instanceof SVGElement ? style.fill : style.color);
    const contrast = ratio(ink, behind(element));
    if (contrast < 4.5) found.push(`${element.tagName} ${element.className} ${contrast.toFixed(2)}: ${element.textContent.slice(0, 30)}`);
  }
  // The edges of fields have to be seen, too.
  for (const field of document.querySelectorAll('main:not([hidden]) :is(input:not([type=checkbox]), select, button)')) {
    if (field.getClientRects().length === 0) continue;
    const contrast = ratio(channels(getComputedStyle(field).borderTopColor), behind(field.parentElement));
    if (contrast < 3) found.push(`edge of ${field.tagName} ${contrast.toFixed(2)}`);
  }
  return { found, texts: texts.length };
});

/** Checks the page's appearance at two widths and in two color schemes. */
export async function checkAppearance(page, name) {
  for (const [width, viewport] of [['wide', WIDE], ['narrow', NARROW]]) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await sleep(400); // until the new width is applied
      const overflow = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
      // Charts are drawn for the width, so that their text keeps its size.
      const scales = await page.$$eval('svg.picture', (pictures) => pictures.filter((picture) => picture.getClientRects().length > 0 && picture.viewBox.baseVal.width)
        .map((picture) => picture.clientWidth / picture.viewBox.baseVal.width));
      check(scales.every((scale) => scale > 0.95 && scale < 1.05), `${name}, ${width}: the scales of pictures are ${scales}`);
      check(overflow <= 0, `${name}, ${width}: the page is ${overflow} pixels too wide`);
      const { found, texts } = await faint(page);
      same(found, [], `${name}, ${colorScheme}: too little contrast`);
      check(texts > 5, `${name}: only ${texts} texts were measured`);
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

/** Returns a problem of the page's structure: landmarks, headings, table headers and names of what has the focus. */
export const structure = (page) => page.evaluate(() => {
  const found = [];
  const visible = (element) => element.getClientRects().length > 0;
  const all = (selector) => [...document.querySelectorAll(selector)].filter(visible);
  for (const [landmark, count] of [['header', 1], ['main', 1], ['footer', 1], ['h1', 1]]) {
    if (all(landmark).length !== count) found.push(`${all(landmark).length} of ${landmark}`);
  }
  for (const table of all('table')) {
    const columns = table.querySelectorAll('thead th[scope=col]').length;
    const cells = table.querySelector('tbody tr')?.cells.length ?? columns;
    if (columns === 0 || columns !== cells) found.push(`a table with ${columns} headers and ${cells} cells`);
    if (!table.getAttribute('aria-label') && !table.getAttribute('aria-labelledby')) found.push('a table without a name');
  }
  for (const element of all('a, button, input, select, summary, [tabindex="0"]')) {
    const name = element.getAttribute('aria-label') || element.textContent.trim() || element.closest('label')?.textContent.trim();
    if (!name) found.push(`no name: ${element.outerHTML.slice(0, 80)}`);
  }
  for (const picture of all('svg[role=img]')) if (!picture.getAttribute('aria-label')) found.push('a picture without a name');
  return found;
});
