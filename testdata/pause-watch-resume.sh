# Pauses the youngest recording, watches what happens to it, and resumes it.
# It needs $TAPEDECK, the settings of a space, and jq.
set -eu
cd "$HOME"

sid=$("$TAPEDECK" list --json | jq -r 'max_by(.start_time | strptime("%a, %d %b %Y %H:%M:%S %z") | mktime).sid')

# What happens goes to a file, and is read from there line by line.
"$TAPEDECK" watch --json > events &
watch=$!
trap 'kill $watch 2>/dev/null || true' EXIT

# await FILTER  waits until an event of the recording passes the filter.
await() {
	n=0
	while [ -z "$(jq -c --arg sid "$sid" "select($1)" events 2>/dev/null)" ]; do
		n=$((n + 1))
		[ $n -lt 200 ] || { echo "no such event: $1" >&2; exit 1; }
		sleep 0.05
	done
}
await '.event == "synced"'

"$TAPEDECK" pause "$sid" --skip --json | jq -r '.[] | "paused " + .sid'
await '.event == "changed" and .sid == $sid and .recording.status == "paused" and .was.status == "in-progress"'
echo "saw the pause, verified"

# Who believes something else is refused, and nothing is sent.
"$TAPEDECK" resume "$sid" --yes --if-status stopped > refused && exit 1
echo "verified again: $("$TAPEDECK" show "$sid" --json | jq -r '.[0].status')"

"$TAPEDECK" resume "$(printf %s "$sid" | tail -c 4)" --yes --if-status paused --json | jq -r '.[] | "resumed " + .sid'
await '.event == "changed" and .sid == $sid and .recording.status == "in-progress" and .was.status == "paused"'
echo "saw the resume"

"$TAPEDECK" list --json | jq -r '"\(length) active, \(if any(.[]; .status == "paused") then "some" else "none" end) paused"'
