/**
 * Compares `spec/openapi.json` with what the npm package swagger2openapi generates from `spec/BatchService.json`.
 *
 * Every key and value of the two documents is compared. They may differ only as `ALLOWED` lists, with a reason for each
 * difference. An entry of that list that no longer occurs is an error, too.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

// Found through NODE_PATH, which `cargo xtask peers` sets and only `require` supports.
const require = createRequire(import.meta.url);
const { convertObj } = require('swagger2openapi');

const ROOT = process.env.BATCH_ROOT ?? join(dirname(fileURLToPath(import.meta.url)), '../..');
const read = (path) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));

const swagger = read('spec/BatchService.json');
const ours = read('spec/openapi.json');
// The conversion modifies its input.
const { openapi: theirs } = await convertObj(structuredClone(swagger), {});

/** Whether the path, the keys from the root to a place, ends in these steps. */
const ends = (path, ...steps) =>
  path.length >= steps.length &&
  steps.every((step, i) => {
    const key = path[path.length - steps.length + i];
    return step instanceof RegExp ? step.test(key) : step === key;
  });

/** The place of the Swagger description that a schema's place in an OpenAPI document stands for. */
function inSwagger(path) {
  const [components, schemas, ...rest] = path;
  if (components !== 'components' || schemas !== 'schemas') return undefined;
  return rest.reduce((node, key) => node?.[key], swagger.definitions);
}

const isFile = (theirs) => theirs?.type === 'object' && theirs?.format === 'file';

/** Where the documents may differ: `is` gets the path, their value and ours. */
const ALLOWED = [
  {
    name: 'version of the format',
    reason: 'both are OpenAPI 3.0, whose patch releases only correct the text of the standard',
    is: (path, theirs, ours) => ends(path, 'openapi') && theirs === '3.0.0' && ours === '3.0.3',
  },
  {
    name: 'default of `style`',
    reason: 'ours writes the only style that headers have',
    is: (path, theirs, ours) =>
      ends(path, 'headers', /./, 'style') && theirs === undefined && ours === 'simple',
  },
  {
    name: 'default of `required`',
    reason: 'swagger2openapi keeps `required: false`, which is the default of OpenAPI',
    is: (path, theirs, ours) => ends(path, 'required') && theirs === false && ours === undefined,
  },
  {
    name: 'default of `nullable`',
    reason: 'swagger2openapi keeps `x-nullable: false`, which is the default of `nullable`',
    is: (path, theirs, ours) => ends(path, 'nullable') && theirs === false && ours === undefined,
  },
  {
    name: 'name of a body',
    reason: 'Swagger names bodies and OpenAPI does not; ours keeps the name as an extension',
    is: (path, theirs, ours) =>
      ends(path, 'requestBody', 'x-ms-requestBody-name') && theirs === undefined && !!ours,
  },
  {
    name: 'files',
    reason: 'a binary body is `string/binary` in OpenAPI; swagger2openapi does not know Microsoft\'s `object/file`',
    is: (path, theirs, ours) =>
      ends(path, 'content', /./, 'schema') &&
      isFile(theirs) &&
      isDeepStrictEqual(ours, { type: 'string', format: 'binary' }),
  },
  {
    name: 'type of an object',
    reason: 'two definitions have properties and no type; ours says that they are objects',
    is: (path, theirs, ours) =>
      ends(path, 'schemas', /./, 'type') &&
      theirs === undefined &&
      ours === 'object' &&
      inSwagger(path.slice(0, -1)).properties !== undefined,
  },
  {
    name: 'text next to a `$ref`',
    reason: 'OpenAPI 3.0 ignores it there, and swagger2openapi drops it; ours keeps it around an `allOf`',
    is: (path, theirs, ours) => {
      const source = inSwagger(path);
      if (source?.$ref === undefined || !isDeepStrictEqual(Object.keys(theirs ?? {}), ['$ref'])) return false;
      const { $ref, 'x-nullable': nullable, ...texts } = source;
      const around = { ...texts, ...(nullable ? { nullable } : {}), allOf: [{ $ref: theirs.$ref }] };
      return isDeepStrictEqual(ours, around);
    },
  },
  {
    name: 'form of the URL',
    reason: 'OpenAPI requires a default for a server variable; ours shows the form, swagger2openapi writes `none`',
    is: (path, theirs) => ends(path, 'servers', /./, 'variables', 'batchUrl', 'default') && theirs === 'none',
  },
  {
    name: 'mark of the host',
    reason: 'ours keeps `useSchemePrefix` of `x-ms-parameterized-host`, for which OpenAPI has no keyword',
    is: (path, theirs, ours) =>
      ends(path, 'servers', /./, 'x-ms-use-scheme-prefix') && theirs === undefined && ours === false,
  },
  {
    name: 'parameter of the host',
    reason: 'no path uses it; both turn it into a server variable, and swagger2openapi leaves the unused parameter',
    is: (path, theirs, ours) =>
      ends(path, 'components', 'parameters', 'BatchUrl') && theirs.name === 'batchUrl' && ours === undefined,
  },
];

const occurred = new Map(ALLOWED.map(({ name }) => [name, 0]));
const differences = [];
let values = 0;

function compare(path, theirs, ours) {
  const allowed = ALLOWED.find(({ is }) => is(path, theirs, ours));
  if (allowed) {
    occurred.set(allowed.name, occurred.get(allowed.name) + 1);
  } else if (isObject(theirs) && isObject(ours) && Array.isArray(theirs) === Array.isArray(ours)) {
    for (const key of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
      compare([...path, key], theirs[key], ours[key]);
    }
  } else {
    values += 1;
    if (theirs !== ours) differences.push({ path, theirs, ours });
  }
}

const isObject = (value) => typeof value === 'object' && value !== null;
const short = (value) => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 120));

/** How much of the document there was to compare. */
function counts(document) {
  const methods = ['get', 'put', 'post', 'delete', 'head', 'patch'];
  const operations = Object.values(document.paths).flatMap((item) => methods.flatMap((m) => item[m] ?? []));
  const sum = (of) => operations.reduce((total, operation) => total + of(operation), 0);
  const schemas = Object.values(document.components.schemas);
  return {
    operations: operations.length,
    parameters: sum((o) => o.parameters?.length ?? 0),
    bodies: sum((o) => (o.requestBody ? 1 : 0)),
    responses: sum((o) => Object.keys(o.responses).length),
    schemas: schemas.length,
    properties: schemas.reduce((total, s) => total + Object.keys(s.properties ?? {}).length, 0),
  };
}

compare([], theirs, ours);
for (const { path, theirs, ours } of differences.slice(0, 50)) {
  console.log(`${path.join('/')}: swagger2openapi ${short(theirs)}, ours ${short(ours)}`);
}
if (differences.length > 50) console.log(`… ${differences.length - 50} more differences`);
const stale = ALLOWED.filter(({ name }) => occurred.get(name) === 0);
for (const { name, reason } of stale) {
  console.log(`the allowed difference "${name}" no longer occurs; remove it. Its reason: ${reason}`);
}
console.log('allowed: ' + [...occurred].map(([name, count]) => `${name} ${count}`).join(', '));
const compared = Object.entries(counts(ours)).map(([what, count]) => `${count} ${what}`).join(', ');
console.log(`${compared} (${values} values): ${differences.length} differences, ${stale.length} stale exceptions`);
process.exitCode = differences.length + stale.length > 0 ? 1 : 0;
