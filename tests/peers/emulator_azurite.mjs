/**
 * Checks that the emulator downloads files from Azure Storage and uploads files to it as the live service does.
 *
 * Azurite, Microsoft's emulator of Azure Storage, is the other side: a task's resource files come from a blob and from a
 * whole container, and its output files and the logs of its node go to a container. All URLs are signed, and what the
 * signature does not allow must fail as it does in Azure.
 *
 *     node tests/peers/emulator_azurite.mjs       with BATCH_EMULATOR naming the built program
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

// Found through NODE_PATH, which `cargo xtask peers` sets and only `require` supports.
const require = createRequire(import.meta.url);
const { BatchServiceClient, BatchSharedKeyCredentials } = require('@azure/batch');

const KEY = Buffer.from('peers: a key that opens nothing but this service').toString('base64');
/** Azurite's well-known account. */
const STORAGE = 'devstoreaccount1';
const STORAGE_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
/** Maximum time for a change that the service makes by itself, in milliseconds. */
const TIMEOUT = 60_000;

if (process.platform === 'win32') {
  console.log('skipped: tasks are not executed on Windows');
  process.exit(0);
}

let checks = 0;
function equal(found, expected, what) {
  assert.deepEqual(found, expected, what);
  checks += 1;
}

async function until(what, condition) {
  const end = Date.now() + TIMEOUT;
  while (Date.now() < end) {
    const found = await condition().catch(() => undefined);
    if (found) return found;
    await sleep(50);
  }
  throw new Error(`timed out after ${TIMEOUT} ms waiting for ${what}`);
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

async function startStorage() {
  const port = await freePort();
  const options = ['--blobHost', '127.0.0.1', '--blobPort', `${port}`, '--inMemoryPersistence', '--silent',
    '--disableTelemetry'];
  const main = require.resolve('azurite/dist/src/blob/main.js');
  const storage = spawn(process.execPath, [main, ...options], { stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://127.0.0.1:${port}/${STORAGE}`;
  await until('Azurite', () => fetch(url));
  return { storage, url };
}

async function startService() {
  assert.ok(process.env.BATCH_EMULATOR, 'BATCH_EMULATOR does not name the built program of batch-emulator');
  const options = ['--port', '0', '--key', KEY, '--clock-speed', '20', '--execute'];
  const service = spawn(process.env.BATCH_EMULATOR, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: service.stdout })) {
    const found = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(line);
    assert.ok(found, `unexpected first line of the service: ${line}`);
    return { service, url: found[1] };
  }
  throw new Error('the service exited without output');
}

/** Query that signs a URL of the account for these permissions. */
function signature(permissions) {
  const version = '2021-08-06';
  const expiry = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z');
  const parts = [STORAGE, permissions, 'b', 'co', '', expiry, '', 'https,http', version, '', ''];
  const signed = createHmac('sha256', Buffer.from(STORAGE_KEY, 'base64')).update(parts.join('\n')).digest('base64');
  const query = { sv: version, ss: 'b', srt: 'co', sp: permissions, se: expiry, spr: 'https,http', sig: signed };
  return new URLSearchParams(query).toString();
}

const all = signature('rwdlac');

/** Sends a request to Azurite; returns the body of the response, or its status if it failed. */
async function ask(url, method = 'GET', body = undefined, headers = {}) {
  const answer = await fetch(url, { method, body, headers: { 'x-ms-version': '2021-08-06', ...headers } });
  return answer.ok ? answer.text() : answer.status;
}

async function fill(storage) {
  for (const container of ['inputs', 'outputs']) {
    assert.equal(await ask(`${storage}/${container}?restype=container&${all}`, 'PUT'), '');
  }
  for (const name of ['one.txt', 'sub/two & a half.txt', 'sub/deep/three.txt']) {
    const url = `${storage}/inputs/${name.split('/').map(encodeURIComponent).join('/')}?${all}`;
    assert.equal(await ask(url, 'PUT', `content of ${name}\n`, { 'x-ms-blob-type': 'BlockBlob' }), '');
  }
}

function client(url) {
  const batch = new BatchServiceClient(new BatchSharedKeyCredentials('devaccount', KEY), url, { noRetryPolicy: true });
  batch.apiVersion = '2024-02-01.19.0';
  return batch;
}

async function prepare(batch) {
  await batch.pool.add({
    id: 'p',
    vmSize: 'standard_d2s_v3',
    targetDedicatedNodes: 1,
    virtualMachineConfiguration: {
      imageReference: { publisher: 'canonical', offer: '0001-com-ubuntu-server-jammy', sku: '22_04-lts' },
      nodeAgentSKUId: 'batch.node.ubuntu 22.04',
    },
  });
  await batch.job.add({ id: 'j', poolInfo: { poolId: 'p' } });
}

async function run(batch, id, script, more) {
  await batch.task.add('j', { id, commandLine: `/bin/sh -c '${script}'`, ...more });
  return until(`the end of ${id}`, async () => {
    const task = await batch.task.get('j', id);
    return task.state === 'completed' && task.executionInfo;
  });
}

async function input(batch, storage) {
  const files = [
    { httpUrl: `${storage}/inputs/one.txt?${signature('r')}`, filePath: 'single/first.txt' },
    { storageContainerUrl: `${storage}/inputs?${signature('rl')}`, filePath: 'all' },
    { storageContainerUrl: `${storage}/inputs?${signature('rl')}`, blobPrefix: 'sub/deep' },
  ];
  const script = 'cat single/first.txt; cat "sub/deep/three.txt" "all/sub/two & a half.txt" > out.txt; find . -type f | sort';
  const logs = { containerUrl: `${storage}/outputs?${signature('wc')}`, path: 'task' };
  const outputFiles = ['../std*.txt', '**/*.txt', 'out.txt'].map((filePattern) => ({
    filePattern,
    destination: { container: filePattern === 'out.txt' ? { ...logs, path: 'named' } : logs },
    uploadOptions: { uploadCondition: 'taskcompletion' },
  }));
  const info = await run(batch, 'good', script, { resourceFiles: files, outputFiles });
  equal([info.exitCode, info.result, info.failureInfo], [0, 'success', undefined]);
  const found = await ask(`${storage}/outputs/task/stdout.txt?${all}`);
  equal(found.split('\n'), [
    'content of one.txt', './all/one.txt', './all/sub/deep/three.txt', './all/sub/two & a half.txt', './out.txt',
    './single/first.txt', './sub/deep/three.txt', '',
  ]);
  const expected = 'content of sub/deep/three.txt\ncontent of sub/two & a half.txt\n';
  equal(await ask(`${storage}/outputs/named?${all}`), expected);
  equal(await ask(`${storage}/outputs/task/out.txt?${all}`), expected);
  equal(await ask(`${storage}/outputs/task/all/one.txt?${all}`), 'content of one.txt\n');
}

async function failures(batch, storage) {
  const output = (containerUrl) => ({
    outputFiles: [{
      filePattern: '../stdout.txt',
      destination: { container: { containerUrl } },
      uploadOptions: { uploadCondition: 'taskcompletion' },
    }],
  });
  const resource = (file) => ({ resourceFiles: [file] });
  const cases = [
    ['BlobNotFound', resource({ httpUrl: `${storage}/inputs/none?${all}`, filePath: 'f' })],
    ['BlobAccessDenied', resource({ httpUrl: `${storage}/inputs/one.txt?${signature('w')}`, filePath: 'f' })],
    ['ResourceContainerNotFound', resource({ storageContainerUrl: `${storage}/none?${all}` })],
    ['ResourceContainerAccessDenied', resource({ storageContainerUrl: `${storage}/inputs?${signature('r')}` })],
    ['FileUploadContainerNotFound', output(`${storage}/none?${all}`)],
    ['FileUploadAccessDenied', output(`${storage}/outputs?${signature('r')}`)],
  ];
  for (const [code, more] of cases) {
    const info = await run(batch, code, 'echo ran', more);
    equal([info.result, info.failureInfo.code], ['failure', code]);
    equal(info.exitCode, code.startsWith('FileUpload') ? 0 : undefined, code);
    assert.ok(!JSON.stringify(info).includes('sig='), 'a signature was shown');
  }
}

async function logs(batch, storage) {
  const [node] = await batch.computeNode.list('p');
  const to = { containerUrl: `${storage}/outputs?${signature('wc')}`, startTime: new Date(0) };
  const result = await batch.computeNode.uploadBatchServiceLogs('p', node.id, to);
  const url = `${storage}/outputs/${result.virtualDirectoryName}/agent-debug.log?${all}`;
  const log = await until('the logs', async () => {
    const found = await ask(url);
    return typeof found === 'string' && found;
  });
  assert.match(log, /workitems\/j\/job-1\/good: exit code 0/);
  equal(result.numberOfFilesUploaded, 1);
}

const begin = Date.now();
const { storage, url: storageUrl } = await startStorage();
const { service, url } = await startService();
try {
  await fill(storageUrl);
  const batch = client(url);
  await prepare(batch);
  await input(batch, storageUrl);
  await failures(batch, storageUrl);
  await logs(batch, storageUrl);
  console.log(`Azurite: ${checks} checks in ${((Date.now() - begin) / 1000).toFixed(1)} s, all as expected`);
} catch (error) {
  console.log(error);
  process.exitCode = 1;
} finally {
  service.kill();
  storage.kill();
}
