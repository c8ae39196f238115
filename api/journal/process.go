package journal

import "os"

// Runs reports whether the process that w names still runs. Where this machine
// cannot tell, such as for a process of another one, known is false.
func (w Who) Runs() (runs, known bool) {
	host, _ := os.Hostname()
	switch (Entry{Who: w}).lives(host) {
	case alive:
		return true, true
	case gone:
		return false, true
	}
	return false, false
}
