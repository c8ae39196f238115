package share

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// machineLen is how many characters of an instance are those of its machine, with
// the dash behind them.
const machineLen = 4

// newInstance returns the name of a process: that of its machine, if there is
// one, and what is unique.
func newInstance(machine string) string {
	id := newID()
	if machine == "" {
		return id
	}
	sum := sha256.Sum256([]byte("tapedeck " + machine))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:machineLen-1]) + "-" + id[machineLen:]
}

// otherMachine reports whether two instances are known to be of different machines.
func otherMachine(a, b string) bool {
	machine := func(instance string) string {
		if m, _, ok := strings.Cut(instance, "-"); ok && len(m) == machineLen-1 {
			return m
		}
		return ""
	}
	a, b = machine(a), machine(b)
	return a != "" && b != "" && a != b
}
