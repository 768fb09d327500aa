/**
 * A security token service for the scripts here: oauth2-mock-server, with the paths and the errors of Microsoft Entra ID.
 *
 * It prints its address and ends with its stdin. The audience of a token is its scope without `/.default`, as for the
 * live service: for Batch, it ends with a slash.
 *
 *     node tests/peers/_sts.mjs TENANT APPLICATION SECRET CERTIFICATE KEY      the last two are PEM files
 */

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// Found through NODE_PATH, which `cargo xtask peers` sets and only `require` supports.
const require = createRequire(import.meta.url);
const { OAuth2Server } = await import(pathToFileURL(require.resolve('oauth2-mock-server')));

const [tenant, application, secret, certificate, key] = process.argv.slice(2);
const DEFAULT = '/.default';

const endpoints = {
  wellKnownDocument: `/${tenant}/v2.0/.well-known/openid-configuration`,
  token: `/${tenant}/oauth2/v2.0/token`,
  authorize: `/${tenant}/oauth2/v2.0/authorize`,
  jwks: `/${tenant}/discovery/v2.0/keys`,
};
const server = new OAuth2Server(key, certificate, { endpoints });
await server.issuer.keys.generate('RS256');
await server.start(0, '127.0.0.1');
server.issuer.url = `https://127.0.0.1:${server.address().port}`;

/** Why a request gets no token. */
function refusal({ grant_type: grant, client_id: id, client_secret: given, scope }) {
  if (grant !== 'client_credentials') return ['unsupported_grant_type', 'AADSTS70003: The grant is not supported.'];
  if (id !== application) return ['unauthorized_client', `AADSTS700016: Application '${id}' was not found.`];
  if (given !== secret) return ['invalid_client', 'AADSTS7000215: Invalid client secret provided.'];
  if (!scope?.endsWith(DEFAULT)) return ['invalid_scope', `AADSTS1002012: The scope '${scope}' is not valid.`];
  return undefined;
}

server.service.on('beforeTokenSigning', (token, request) => {
  token.payload.iss = `${server.issuer.url}/${tenant}/v2.0`;
  token.payload.aud = request.body.scope?.slice(0, -DEFAULT.length);
  token.payload.appid = request.body.client_id;
});
server.service.on('beforeResponse', (response, request) => {
  const why = refusal(request.body);
  if (why) {
    response.statusCode = 401;
    response.body = { error: why[0], error_description: why[1] };
  }
});

console.log(server.issuer.url);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
