/**
 * Checks that `batch-jobs` brings a folder to results with Azurite, Microsoft's emulator of Azure Storage, as its storage.
 *
 * The program is killed while it uploads, submits and waits, and started again. The inputs, one of which is sent in
 * blocks, have names that an account has to be able to sign. Azurite checks every signature, of the program and of the
 * tasks, and its log is the witness of what was sent.
 *
 *     node tests/peers/jobs_azurite.mjs       with BATCH_EMULATOR and BATCH_JOBS naming the built programs
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

// Found through NODE_PATH, which `cargo xtask peers` sets and only `require` supports.
const require = createRequire(import.meta.url);
const { BatchServiceClient, BatchSharedKeyCredentials } = require('@azure/batch');

const KEY = Buffer.from('peers: a key that opens nothing but this service').toString('base64');
/** Azurite's well-known account. */
const STORAGE = 'devstoreaccount1';
const STORAGE_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const FILES = 120;
const ODD = ['a b.txt', 'ä#%+.txt', "it's.txt", 'A.txt', 'a.txt', '100%25.txt', 'deep/er/~!()[]{}^.txt'];

if (process.platform === 'win32') {
  console.log('skipped: tasks are not executed on Windows');
  process.exit(0);
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Starts Azurite, which writes a line for each request to `log`. */
async function startStorage(log) {
  const port = await freePort();
  const options = ['--blobHost', '127.0.0.1', '--blobPort', `${port}`, '--inMemoryPersistence', '--silent',
    '--disableTelemetry', '--debug', log];
  const main = require.resolve('azurite/dist/src/blob/main.js');
  const storage = spawn(process.execPath, [main, ...options], { stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://127.0.0.1:${port}/${STORAGE}`;
  for (let tries = 0; ; tries += 1) {
    if (await fetch(url).catch(() => undefined)) return { storage, url };
    assert.ok(tries < 600, 'timed out waiting for Azurite');
    await sleep(100);
  }
}

async function startService() {
  const options = ['--port', '0', '--key', KEY, '--clock-speed', '20', '--execute'];
  const service = spawn(process.env.BATCH_EMULATOR, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: service.stdout })) {
    const found = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(line);
    assert.ok(found, `unexpected first line of the service: ${line}`);
    return { service, url: found[1] };
  }
  throw new Error('the service exited without output');
}

async function addPool(url) {
  const batch = new BatchServiceClient(new BatchSharedKeyCredentials('devaccount', KEY), url, { noRetryPolicy: true });
  batch.apiVersion = '2024-02-01.19.0';
  await batch.pool.add({
    id: 'p',
    vmSize: 'standard_d4s_v3',
    targetDedicatedNodes: 2,
    taskSlotsPerNode: 4,
    virtualMachineConfiguration: {
      imageReference: { publisher: 'canonical', offer: '0001-com-ubuntu-server-jammy', sku: '22_04-lts' },
      nodeAgentSKUId: 'batch.node.ubuntu 22.04',
    },
  });
}

function write(folder, name, content) {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
}

/** Writes the inputs; returns their contents by name. */
function fill(folder) {
  const inputs = new Map(ODD.map((name) => [name, `content of ${name}\n`]));
  for (let n = inputs.size; n < FILES - 2; n += 1) inputs.set(`scene ${n}.txt`, `scene ${n}\n`);
  inputs.set('large.bin', Buffer.alloc(20_000_001, 'blocks of 8 MiB '));
  inputs.set('broken.txt', 'fails\n');
  for (const [name, content] of inputs) write(folder, name, content);
  return inputs;
}

/** Runs the program; it is killed after some milliseconds, unless it ends before. */
async function run(work, environment, pause = 120_000) {
  const command = 'mkdir out; cp {filePath} out/; if [ {fileName} = broken.txt ]; then echo bad >&2; exit 3; fi';
  const line = ['run', 'inputs', command, '--pool', 'p', '--outputs', 'out/*', '--to', 'results'];
  const program = spawn(process.env.BATCH_JOBS, line, { cwd: work, env: environment });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) program[name].on('data', (data) => { output[name] += data; });
  const timer = setTimeout(() => program.kill('SIGKILL'), pause);
  const status = await new Promise((done) => program.on('close', (code, signal) => done(signal ?? code)));
  clearTimeout(timer);
  return { status, ...output };
}

/** Returns the uploads that Azurite's log has: blob → number of successful requests that made it. */
function uploads(log) {
  const requests = new Map();
  const sent = new Map();
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const id = /^\S+ (\S+) /.exec(line)?.[1];
    const start = /RequestMethod=PUT RequestURL=(\S+)/.exec(line);
    if (start) requests.set(id, new URL(start[1]));
    const url = requests.get(id);
    if (!url || !/EndMiddleware:.*StatusCode=201|StatusCode=201 /.test(line)) continue;
    requests.delete(id);
    const comp = url.searchParams.get('comp');
    const path = decodeURIComponent(url.pathname);
    const blob = path.startsWith(`/${STORAGE}/fgrp-inputs/`) && path.slice(`/${STORAGE}/fgrp-inputs/`.length);
    if (blob && comp !== 'block') sent.set(blob, (sent.get(blob) ?? 0) + 1);
  }
  return sent;
}

const work = mkdtempSync(join(tmpdir(), 'batch-jobs-'));
const log = join(work, 'azurite.log');
const begin = Date.now();
const { storage, url: storageUrl } = await startStorage(log);
const { service, url } = await startService();
try {
  await addPool(url);
  const inputs = fill(join(work, 'inputs'));
  const environment = {
    AZURE_BATCH_ENDPOINT: url,
    AZURE_BATCH_ACCOUNT: 'devaccount',
    AZURE_BATCH_ACCESS_KEY: KEY,
    AZURE_STORAGE_CONNECTION_STRING: `AccountName=${STORAGE};AccountKey=${STORAGE_KEY};BlobEndpoint=${storageUrl}`,
  };
  let kills = 0;
  for (let round = 0; round < 12; round += 1) {
    const { status } = await run(work, environment, 20 + Math.floor(Math.random() * 900));
    kills += status === 'SIGKILL';
  }
  const done = await run(work, environment);
  assert.equal(done.status, 1, done.stdout + done.stderr);
  assert.match(done.stdout, new RegExp(`1 of ${FILES} tasks failed`), done.stdout);
  assert.match(done.stdout, /\(broken\.txt\) failed with exit code 3/);
  assert.match(done.stdout, /^ {2}bad$/m);

  const sent = uploads(log);
  assert.deepEqual([...sent.keys()].sort(), [...inputs.keys()].sort(), 'inputs in the log of Azurite');
  const twice = [...sent.values()].filter((times) => times > 1).length;
  // A request can arrive after its sender was killed and the next one has listed the container.
  assert.ok(twice <= kills, `${twice} inputs were sent twice with ${kills} kills`);

  const results = join(work, 'results');
  const found = readdirSync(results, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.equal(found.length, FILES - 1, 'number of results');
  const contents = found.map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString('latin1')).sort();
  const expected = [...inputs].filter(([name]) => name !== 'broken.txt');
  assert.deepEqual(contents, expected.map(([, content]) => Buffer.from(content).toString('latin1')).sort());

  const again = await run(work, environment);
  assert.match(again.stdout, new RegExp(`${FILES - 1} files: 0 fetched, ${FILES - 1} unchanged`), again.stdout);
  assert.deepEqual(uploads(log), sent, 'a further run sends nothing');
  const seconds = ((Date.now() - begin) / 1000).toFixed(1);
  console.log(`batch-jobs with Azurite: ${FILES} files, killed ${kills} times, ${twice} sent twice, in ${seconds} s`);
} finally {
  storage.kill();
  service.kill();
  rmSync(work, { recursive: true, force: true });
}
