// "Connect a client": the lines that the program prints with --env.

import { at, say } from './elements.js';

/** The page may show the published key only; another one is known to who has started the emulator. */
const OWN_KEY = 'YOUR-KEY';

// Open while there are no resources, until the reader opens or closes it.
let touched = false;
at('start').querySelector('summary').addEventListener('click', () => (touched = true));

at('copy').addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(`${at('commands').textContent}\n`);
    say(at('copied'), 'Copied.');
  } catch {
    getSelection().selectAllChildren(at('commands'));
    say(at('copied'), 'The browser does not allow that; the lines are selected instead.');
  }
});

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

export function renderConnect({ account, key }, isEmpty) {
  say(at('commands'), [
    `export AZURE_BATCH_ENDPOINT=${quote(location.origin)}`,
    `export AZURE_BATCH_ACCOUNT=${quote(account)}`,
    `export AZURE_BATCH_ACCESS_KEY=${quote(key ?? OWN_KEY)}`,
  ].join('\n'));
  const own = key ? 'The key is the published one, for development only.'
    : `Replace ${OWN_KEY} by the key that the emulator was started with, which this page does not show.`;
  const trust = location.protocol === 'https:'
    ? ' Clients also have to trust the certificate: start the emulator with --env to get the lines for that.' : '';
  say(at('key-note'), own + trust);
  if (!touched) at('start').open = isEmpty;
}
