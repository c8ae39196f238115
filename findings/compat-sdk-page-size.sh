#!/usr/bin/env bash
# @signalwire/compatibility-api 3.2.0: recordings.list({limit: 1500}) asks for
# PageSize=1500 in one request. The API's PageSize is 1 to 1000 (larger ones are
# error 54454), and the SDK does not split a larger limit into pages of 1000.
#
# Needs node and npm. It talks to a server of its own on loopback only.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @signalwire/compatibility-api@3.2.0
cat >list.js <<'JS'
const http = require('http')
const { RestClient } = require('@signalwire/compatibility-api')
const asked = []
const server = http.createServer((req, res) => {
  asked.push(new URL(req.url, 'http://x').searchParams.get('PageSize'))
  res.setHeader('content-type', 'application/json')
  res.end(JSON.stringify({ uri: req.url, first_page_uri: req.url, next_page_uri: null,
    previous_page_uri: null, page: 0, page_size: 1000, recordings: [] }))
})
server.listen(0, '127.0.0.1', async () => {
  const at = '127.0.0.1:' + server.address().port
  const client = RestClient('6a1f2c3d-0000-4aaa-8bbb-000000000001', 'PTexample', { signalwireSpaceUrl: at })
  client.api.baseUrl = 'http://' + at
  for (const limit of [50, 1000, 1500]) await client.recordings.list({ limit })
  console.log('PageSize asked for:', asked.join(' '))
  server.close()
})
JS
got=$(node list.js)
echo "$got"
want='PageSize asked for: 50 1000 1500'
[ "$got" = "$want" ] || { echo "changed: was '$want'" >&2; exit 1; }
