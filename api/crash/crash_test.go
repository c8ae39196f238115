package crash

import "testing"

// broken panics in a guarded call, and returns what came out of it.
func broken(t *testing.T) (r any) {
	t.Helper()
	defer func() { r = recover() }()
	func() {
		defer Guard()
		panic("broken")
	}()
	return nil
}

func TestGuard(t *testing.T) {
	var did string
	forget := Before(func() { did += "a" })
	Before(func() { did += "b" })
	forget() // no longer what is set
	func() { defer Guard() }()
	if did != "" {
		t.Errorf("%q was done without a panic", did)
	}
	for range 2 {
		if r := broken(t); r != "broken" {
			t.Errorf("it panics on with %v", r)
		}
	}
	if did != "b" {
		t.Errorf("%q was done, want what was set last, once", did)
	}
	Before(func() { did = "" })()
	if broken(t); did != "b" {
		t.Error("what was taken back is done")
	}
}
