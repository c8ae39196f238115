// Lists recordings and calls, pauses and resumes a recording of a call, and
// prints what came back, a line each.
module.exports = async (client) => {
  try {
    const dateCreatedAfter = new Date(Date.now() - 24 * 3600 * 1000)
    const all = await client.recordings.list({ dateCreatedAfter, pageSize: 7 })
    const none = await client.recordings.list({ dateCreatedAfter: new Date(Date.now() + 3600 * 1000) })
    console.log(`recordings ${all.length} ${none.length}`)
    const calls = await client.calls.list({ status: 'in-progress' })
    console.log(`calls ${calls.length > 0 && calls.every((c) => c.status === 'in-progress')}`)
    const one = all.find((r) => r.callSid && r.status === 'in-progress')
    const recording = client.calls(one.callSid).recordings(one.sid)
    const paused = await recording.update({ status: 'paused', pauseBehavior: 'skip' })
    const resumed = await recording.update({ status: 'in-progress' })
    console.log(`update ${paused.status} ${resumed.status} ${(await client.recordings(one.sid).fetch()).sid === one.sid}`)
    const started = await client.calls(one.callSid).recordings.create({ recordingChannels: 'dual' })
    console.log(`start ${started.status} ${started.channels}`)
    await client.recordings(client.accountSid).fetch().catch((err) => console.log(`missing ${err.status} ${err.code}`))
  } catch (err) {
    console.log(`failed ${err.code} ${err.message}`)
    process.exitCode = 1
  }
}
