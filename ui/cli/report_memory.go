package cli

import (
	"runtime/debug"
	"runtime/metrics"
	"time"

	"tapedeck/api/crash"
)

const (
	// reportMemory is what a report may take before its memory is swept more
	// often than that of other programs.
	reportMemory = 92 << 20
	// reportSlack is by how much what is in use is exceeded between two sweeps,
	// in percent, however much that is: else a larger report would do nothing but
	// sweep.
	reportSlack = 10
	// memoryEvery is how often it is looked what is in use.
	memoryEvery = 20 * time.Millisecond
)

// thrifty has the process keep its memory small until the function that it
// returns is called: nearly all that a report makes, it keeps, and what it does not
// would double that.
func thrifty() (stop func()) {
	before := debug.SetMemoryLimit(reportMemory)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer crash.Guard()
		defer close(ended)
		tick := time.NewTicker(memoryEvery)
		defer tick.Stop()
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				metrics.Read(live)
				debug.SetMemoryLimit(memoryLimit(live[0].Value.Uint64()))
			}
		}
	}()
	return func() {
		close(done)
		<-ended
		debug.SetMemoryLimit(before)
	}
}

// memoryLimit returns what may be taken while so many bytes are in use.
func memoryLimit(live uint64) int64 {
	return max(reportMemory, int64(live)/100*(100+reportSlack)+reportMemory/16)
}
