const { SIGNALWIRE_SPACE, SIGNALWIRE_PROJECT_ID, SIGNALWIRE_API_TOKEN } = process.env
const client = require('twilio')('AC' + SIGNALWIRE_PROJECT_ID, SIGNALWIRE_API_TOKEN)
Object.assign(client, { username: SIGNALWIRE_PROJECT_ID, accountSid: SIGNALWIRE_PROJECT_ID })
client.api.baseUrl = SIGNALWIRE_SPACE

require('./work.js')(client)
