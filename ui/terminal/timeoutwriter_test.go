package terminal

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// writes is a terminal that does as it is told.
type writes func(b []byte) (int, error)

func (w writes) Write(b []byte) (int, error) { return w(b) }

// TestTimeoutWriter: what is written is written whole or told to be in part, and
// a line that is dead holds nobody up for longer than the limit.
func TestTimeoutWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got strings.Builder
		if n, err := (TimeoutWriter{&got, time.Second}).Write([]byte("bell")); n != 4 || err != nil || got.String() != "bell" {
			t.Errorf("wrote %d, %v, %q", n, err, got.String())
		}
		part := writes(func(b []byte) (int, error) { return 2, io.ErrClosedPipe })
		if n, err := (TimeoutWriter{part, time.Second}).Write([]byte("bell")); n != 2 || !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("of four bytes two were written, and it says %d, %v", n, err)
		}
		alive := make(chan struct{})
		var late string
		dead := writes(func(b []byte) (int, error) { <-alive; late = string(b); return len(b), nil })
		given, began := []byte("bell"), time.Now()
		n, err := (TimeoutWriter{dead, time.Second}).Write(given)
		if n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("on a dead line: %d, %v after %v", n, err, time.Since(began))
		}
		copy(given, "xxxx") // the caller may use its bytes again
		close(alive)
		synctest.Wait()
		if late != "bell" {
			t.Errorf("what was written late is %q", late)
		}
	})
}
