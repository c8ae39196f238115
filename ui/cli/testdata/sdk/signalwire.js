const { SIGNALWIRE_SPACE, SIGNALWIRE_PROJECT_ID, SIGNALWIRE_API_TOKEN } = process.env
const { RestClient } = require('@signalwire/compatibility-api')
const client = RestClient(SIGNALWIRE_PROJECT_ID, SIGNALWIRE_API_TOKEN, { signalwireSpaceUrl: new URL(SIGNALWIRE_SPACE).host })

require('./work.js')(client)
