package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// FuzzRead reads, verifies and goes on with a journal of any bytes: no panic,
// no text that is not safe, every line accounted for, and the new entry is the
// last one.
func FuzzRead(f *testing.F) {
	good, err := encode(Entry{Seq: 1, Prev: genesis, Time: time.Unix(0, 0), Event: Request, ID: "w"}, nil)
	check(f, err)
	head, err := mark{1, hashOf(good[:len(good)-1]), 1, int64(len(good))}.line()
	check(f, err)
	f.Add(good, head)
	f.Add(good[:len(good)-1], head)
	f.Add(append(good, good[:20]...), head)
	f.Add([]byte(`{"seq":18446744073709551615,"prev":"","time":"2026-01-01T00:00:00Z","actor":"\u001b[2J"}`+"\n"), []byte(`{"count":18446744073709551615}`))
	f.Add([]byte("\n\n{}\n[]\nnull\n"), []byte("\x00"))
	f.Fuzz(func(t *testing.T, journal, head []byte) {
		dir := t.TempDir()
		check(t, os.WriteFile(filepath.Join(dir, FileName), journal, 0o600))
		check(t, os.WriteFile(filepath.Join(dir, HeadName), head, 0o600))
		read := 0
		for e, err := range Read(dir, Filter{}) {
			read++
			if s := e.Actor + e.Reason + e.Recording.String(); bytes.ContainsAny([]byte(s), "\x1b\a\n\r") || err != nil && bytes.ContainsAny([]byte(err.Error()), "\x1b\a\n") {
				t.Errorf("not safe: %q, %v", s, err)
			}
		}
		want := bytes.Count(journal, []byte("\n"))
		if n := len(journal); n > 0 && journal[n-1] != '\n' {
			want++
		}
		r, err := Verify(dir)
		check(t, err)
		if read != want || r.Lines != want {
			t.Errorf("%d lines read, %d verified, want %d", read, r.Lines, want)
		}
		s := newStore(Options{Dir: dir})
		defer s.close()
		if ok, err := s.tryLock(); !ok {
			t.Fatal(err)
		}
		lines, err := s.append([]Entry{request("fuzz")})
		check(t, err)
		s.close()
		l := fileLines(t, dir, FileName)
		if len(l) < len(lines) || !bytes.Equal(l[len(l)-1], lines[len(lines)-1]) {
			t.Errorf("the last line is not the new one: %q", l)
		}
		if again, err := Verify(dir); err != nil || r.Intact() && len(journal) > 0 && r.Lines > 0 && !again.Intact() {
			t.Errorf("an intact journal is broken by an entry: %v, %v", again.Problems, err)
		}
	})
}
