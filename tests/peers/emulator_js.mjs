/**
 * Checks that the official JavaScript client works with the emulator as it does with the live service.
 *
 * It makes fewer calls than the Python client; the point is that it signs in another way: it computes the length of a
 * body itself, and takes query values from its own parser. `@azure/batch` 10.2.0, the newest on npm, is for the API
 * version 2022-10-01.16.0. The client has a field for the version, which is set to ours here. The operations that it
 * calls are the same in both versions.
 *
 *     node tests/peers/emulator_js.mjs       with BATCH_EMULATOR naming the built program
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

// Found through NODE_PATH, which `cargo xtask peers` sets and only `require` supports.
const require = createRequire(import.meta.url);
const { BatchServiceClient, BatchSharedKeyCredentials } = require('@azure/batch');

const VERSION = '2024-02-01.19.0';
const ACCOUNT = 'peeraccount';
const KEY = Buffer.from('peers: a key that opens nothing but this service').toString('base64');
/** Maximum time for a change that the service makes by itself, in milliseconds. */
const TIMEOUT = 20_000;

let requests = 0;

/** Starts the service; returns its process and URL. */
async function start() {
  assert.ok(process.env.BATCH_EMULATOR, 'BATCH_EMULATOR does not name the built program of batch-emulator');
  const options = ['--port', '0', '--account', ACCOUNT, '--key', KEY, '--clock-speed', '50'];
  const service = spawn(process.env.BATCH_EMULATOR, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: service.stdout })) {
    const found = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(line);
    assert.ok(found, `unexpected first line of the service: ${line}`);
    return { service, url: found[1] };
  }
  throw new Error('the service exited without output');
}

function client(url, key) {
  const credentials = new BatchSharedKeyCredentials(ACCOUNT, key);
  const sign = credentials.signRequest.bind(credentials);
  credentials.signRequest = (request) => {
    requests += 1;
    return sign(request);
  };
  // Failed requests should be visible here, not retried.
  const batch = new BatchServiceClient(credentials, url, { noRetryPolicy: true });
  batch.apiVersion = VERSION;
  return batch;
}

/** Checks that the client throws the service's error, and returns it. */
async function refused(status, code, call) {
  const error = await call.then(
    (answer) => assert.fail(`expected ${status} ${code}, got ${JSON.stringify(answer)}`),
    (error) => error,
  );
  assert.deepEqual([error.statusCode, error.code], [status, code], error.stack);
  assert.equal(error.body.message.lang, 'en-US');
  assert.match(error.body.message.value, /.\nRequestId:[0-9a-f-]{36}\nTime:.*Z$/s);
  return error;
}

async function until(what, condition) {
  const end = Date.now() + TIMEOUT;
  while (Date.now() < end) {
    const found = await condition();
    if (found) return found;
    await sleep(10);
  }
  throw new Error(`timed out after ${TIMEOUT} ms waiting for ${what}`);
}

/** Fetches all pages of a listing. */
async function pages(first, next) {
  const found = [await first];
  while (found.at(-1).odatanextLink) found.push(await next(found.at(-1).odatanextLink));
  return found;
}

const ids = (pages) => pages.flat().map((item) => item.id);

async function pools(batch) {
  const pool = (id, targetDedicatedNodes) => ({
    id,
    vmSize: 'standard_d2s_v3',
    targetDedicatedNodes,
    virtualMachineConfiguration: {
      imageReference: { publisher: 'canonical', offer: '0001-com-ubuntu-server-jammy', sku: '22_04-lts' },
      nodeAgentSKUId: 'batch.node.ubuntu 22.04',
    },
    metadata: [{ name: 'owner', value: 'peers ä' }],
  });
  assert.equal((await batch.pool.exists('js')).body, false);
  await batch.pool.add(pool('js', 2));
  assert.equal((await batch.pool.exists('js')).body, true);
  await refused(409, 'PoolExists', batch.pool.add(pool('JS', 0)));
  await refused(404, 'PoolNotFound', batch.pool.get('nothing'));
  const invalid = await refused(400, 'InvalidPropertyValue', batch.pool.add(pool('bad id', 0)));
  assert.ok(invalid.body.values.some(({ key, value }) => key === 'PropertyName' && value === 'id'));

  const steady = await until('pool steady', async () => {
    const found = await batch.pool.get('js');
    return found.allocationState === 'steady' && found;
  });
  assert.deepEqual([steady.currentDedicatedNodes, steady.state, steady.metadata[0].value], [2, 'active', 'peers ä']);
  assert.ok(steady.creationTime instanceof Date && !steady.eTag.startsWith('"'));
  await until('nodes idle', async () => {
    const nodes = await batch.computeNode.list('js');
    return nodes.length === 2 && nodes.every(({ state }) => state === 'idle');
  });

  await batch.pool.patch('js', { metadata: [] }, { poolPatchOptions: { ifMatch: steady.eTag } });
  const patch = batch.pool.patch('js', { metadata: [] }, { poolPatchOptions: { ifMatch: steady.eTag } });
  await refused(412, 'ConditionNotMet', patch);

  const names = ['js-a', 'js-b', 'js-c', 'js-d', 'js-e'];
  for (const name of names) await batch.pool.add(pool(name, 0));
  const options = { filter: "startswith(id,'js-')", select: 'id,vmSize', maxResults: 2 };
  const listed = await pages(batch.pool.list({ poolListOptions: options }), (link) => batch.pool.listNext(link));
  assert.deepEqual([ids(listed), listed.map((page) => page.length)], [names, [2, 2, 1]]);
  assert.deepEqual([listed[0][0].vmSize, listed[0][0].state], ['standard_d2s_v3', undefined]);
  const bad = batch.pool.list({ poolListOptions: { filter: 'id eq' } });
  await refused(400, 'InvalidQueryParameterValue', bad);
  for (const name of names) await batch.pool.deleteMethod(name);
}

async function jobs(batch) {
  await batch.job.add({ id: 'js', poolInfo: { poolId: 'js' }, usesTaskDependencies: true });
  await refused(409, 'JobExists', batch.job.add({ id: 'js', poolInfo: { poolId: 'js' } }));
  await batch.task.add('js', { id: 'last', commandLine: 'echo last', dependsOn: { taskIds: ['t-0', 't-9'] } });
  const many = Array.from({ length: 10 }, (_, number) => ({ id: `t-${number}`, commandLine: `echo ä ${number}` }));
  const added = await batch.task.addCollection('js', many);
  assert.deepEqual(new Set(added.value.map(({ status }) => status.toLowerCase())), new Set(['success']));
  const again = await batch.task.addCollection('js', many.slice(0, 1));
  assert.deepEqual([again.value[0].status.toLowerCase(), again.value[0].error.code], ['clienterror', 'TaskExists']);
  await refused(409, 'TaskExists', batch.task.add('js', many[0]));
  await refused(404, 'TaskNotFound', batch.task.get('js', 'nothing'));

  const last = await until('tasks completed', async () => {
    const found = await batch.task.get('js', 'last');
    return found.state === 'completed' && found;
  });
  assert.deepEqual([last.executionInfo.exitCode, last.executionInfo.result], [0, 'success']);
  await until('11 completed', async () => (await batch.job.getTaskCounts('js')).taskCounts.completed === 11);
  const options = { filter: "startswith(id,'t-') and state eq 'completed'", maxResults: 4 };
  const listed = await pages(batch.task.list('js', { taskListOptions: options }), (link) => batch.task.listNext(link));
  assert.deepEqual([ids(listed), listed.length], [many.map(({ id }) => id), 3]);

  await batch.task.deleteMethod('js', 't-0');
  await refused(404, 'TaskNotFound', batch.task.get('js', 't-0'));
  // Without a body, and with a body of one property.
  await batch.job.terminate('js', { terminateReason: 'enough' });
  const ended = await until('job completed', async () => {
    const found = await batch.job.get('js');
    return found.state === 'completed' && found;
  });
  assert.equal(ended.executionInfo.terminateReason, 'enough');
  assert.deepEqual(ids(await batch.job.list({ jobListOptions: { filter: "id eq 'js'" } })), ['js']);
  await batch.job.deleteMethod('js');
  await until('job gone', () => batch.job.get('js').then(() => false, ({ code }) => code === 'JobNotFound'));
  await batch.pool.deleteMethod('js');
  await until('pool gone', async () => !(await batch.pool.exists('js')).body);
}

async function authentication(url) {
  const error = await refused(403, 'AuthenticationFailed', client(url, 'd3Jvbmc=').pool.get('js'));
  assert.ok(error.body.values.some(({ key }) => key === 'AuthenticationErrorDetail'));
}

const begin = Date.now();
const { service, url } = await start();
try {
  const batch = client(url, KEY);
  await pools(batch);
  await jobs(batch);
  await authentication(url);
  assert.equal(service.exitCode, null, 'the service is still running');
  console.log(`@azure/batch: ${requests} requests in ${((Date.now() - begin) / 1000).toFixed(1)} s, all as expected`);
} catch (error) {
  console.log(error);
  process.exitCode = 1;
} finally {
  service.kill();
}
