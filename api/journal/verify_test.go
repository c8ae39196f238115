package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestVerifyTampering(t *testing.T) {
	edit := func(f func(lines [][]byte) [][]byte) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			writeLines(t, dir, FileName, f(fileLines(t, dir, FileName)))
		}
	}
	change := func(n int, old, now string) func(t *testing.T, dir string) {
		return edit(func(l [][]byte) [][]byte {
			l[n-1] = bytes.Replace(l[n-1], []byte(old), []byte(now), 1)
			return l
		})
	}
	head := func(f func(m mark) mark) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			m, err := readHead(dir)
			check(t, err)
			b, err := f(m).line()
			check(t, err)
			check(t, os.WriteFile(filepath.Join(dir, HeadName), b, 0o600))
		}
	}
	tests := []struct {
		name   string
		tamper func(t *testing.T, dir string)
		want   string // the first problem begins with this
	}{
		{"a byte of a line", change(4, "alice", "alicf"), "journal.jsonl:4: it was changed"},
		{"a byte of the first line", change(1, "alice", "alicf"), "journal.jsonl:1: it was changed"},
		{"a byte of the last line", change(10, "alice", "alicf"), "journal.jsonl:10: it was changed, or journal.head"},
		{"the hash in a line", change(4, `"prev":"`, `"prev":"x`), "journal.jsonl:4: it was changed"},
		{"the hash in the first line", change(1, `"prev":"`, `"prev":"x`), "journal.jsonl:1: it was changed"},
		{"the hash in the last line", change(10, `"prev":"`, `"prev":"x`), "journal.jsonl:10: it was changed"},
		{"no JSON any more", change(4, `{`, `[`), "journal.jsonl:4: it is not JSON"},
		{"an empty line", edit(func(l [][]byte) [][]byte { return slices.Insert(l, 3, []byte("\n")) }), "journal.jsonl:4: it is not JSON"},
		{"a line deleted", edit(func(l [][]byte) [][]byte { return slices.Delete(l, 3, 4) }), "journal.jsonl:4: line 4 is missing before it"},
		{"three lines deleted", edit(func(l [][]byte) [][]byte { return slices.Delete(l, 3, 6) }), "journal.jsonl:4: lines 4 to 6 are missing"},
		{"the first line deleted", edit(func(l [][]byte) [][]byte { return l[1:] }), "journal.jsonl:1: line 1 is missing"},
		{"neighbors swapped", edit(func(l [][]byte) [][]byte { l[3], l[4] = l[4], l[3]; return l }), "journal.jsonl:4: it is line 5 and stands where line 4"},
		{"the last two swapped", edit(func(l [][]byte) [][]byte { l[8], l[9] = l[9], l[8]; return l }), "journal.jsonl:9: it is line 10 and stands where line 9"},
		{"lines swapped", edit(func(l [][]byte) [][]byte { l[3], l[7] = l[7], l[3]; return l }), "journal.jsonl:4: it is line 8 and stands where line 4"},
		{"a line twice", edit(func(l [][]byte) [][]byte { return slices.Insert(l, 4, l[3]) }), "journal.jsonl:5: it is line 4 and stands where line 5"},
		{"the last line cut off", edit(func(l [][]byte) [][]byte { return l[:9] }), "journal.jsonl:9: cut off after this line: line 10 is missing"},
		{"the last three cut off", edit(func(l [][]byte) [][]byte { return l[:7] }), "journal.jsonl:7: cut off after this line: lines 8 to 10 are missing"},
		{"cut within a line", edit(func(l [][]byte) [][]byte { l[6] = l[6][:40]; return l[:7] }), "journal.jsonl:7: it is cut off within the line"},
		{"cut within the last line", edit(func(l [][]byte) [][]byte { l[9] = l[9][:40]; return l }), "journal.jsonl:10: it is cut off within the line"},
		{"all cut off", edit(func([][]byte) [][]byte { return nil }), "journal.jsonl: cut off after this line: lines 1 to 10 are missing"},
		{"the file deleted", func(t *testing.T, dir string) { check(t, os.Remove(filepath.Join(dir, FileName))) }, "journal.jsonl: cut off"},
		{"the head says more", head(func(m mark) mark { m.Count++; return m }), "journal.jsonl:10: cut off after this line: line 11 is missing"},
		{"the head's hash", head(func(m mark) mark { m.Hash = genesis; return m }), "journal.jsonl:10: it was changed, or journal.head was"},
		{"the head says less, of another", head(func(m mark) mark { m.Count = 8; return m }), "journal.head: it was changed: it has another hash for line 8"},
		{"the head is emptied", func(t *testing.T, dir string) { check(t, os.Truncate(filepath.Join(dir, HeadName), 0)) }, "journal.head: the file is missing or empty"},
		{"the head is deleted", func(t *testing.T, dir string) { check(t, os.Remove(filepath.Join(dir, HeadName))) }, "journal.head: the file is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filled(t, 10, 0)
			intact(t, dir)
			tt.tamper(t, dir)
			r, err := Verify(dir)
			check(t, err)
			if r.Intact() || !strings.HasPrefix(r.Problems[0].String(), tt.want) {
				t.Errorf("Verify says %v, want %q first", r.Problems, tt.want)
			}
			if len(r.Problems) > 3 {
				t.Errorf("one change is %d problems: %v", len(r.Problems), r.Problems)
			}
			staysBroken(t, dir)
		})
	}
}

// staysBroken fails if a session that goes on writing hides what was done.
// What only the head could show is in a note.
func staysBroken(t *testing.T, dir string) {
	t.Helper()
	j, err := Open(Options{Dir: dir})
	check(t, err)
	appendAll(t, j, request("after-1"), outcome("after-1"))
	check(t, j.Close())
	r, err := Verify(dir)
	check(t, err)
	if r.Intact() && notes(t, dir) == "" {
		t.Errorf("after another entry nothing is wrong any more, and no note says that something was")
	}
	lines := fileLines(t, dir, FileName)
	var e Entry
	check(t, e.UnmarshalJSON(lines[len(lines)-1]))
	if e.ID != "after-1" || e.Event != Outcome {
		t.Errorf("the journal does not end with the new entry, but with %+v", e)
	}
}

func TestVerifyRotated(t *testing.T) {
	remove := func(name string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) { check(t, os.Remove(filepath.Join(dir, name))) }
	}
	tests := []struct {
		name   string
		tamper func(t *testing.T, dir string)
		want   string
	}{
		{"nothing", func(*testing.T, string) {}, ""},
		{"the first file dropped", remove(rotatedName(1)), "journal-000001.jsonl: the file is missing"},
		{"one between dropped", remove(rotatedName(2)), "journal-000002.jsonl: the file is missing"},
		{"the last full one dropped", remove(rotatedName(4)), "journal-000004.jsonl: the file is missing"},
		{"the end of a full one cut off", func(t *testing.T, dir string) {
			l := fileLines(t, dir, rotatedName(2))
			writeLines(t, dir, rotatedName(2), l[:len(l)-1])
		}, "journal-000003.jsonl:1: line 4 is missing"},
		{"the end of a full one changed", func(t *testing.T, dir string) {
			l := fileLines(t, dir, rotatedName(2))
			l[1] = bytes.Replace(l[1], []byte("alice"), []byte("alicf"), 1)
			writeLines(t, dir, rotatedName(2), l)
		}, "journal-000002.jsonl:2: it was changed"},
		{"the files swapped", func(t *testing.T, dir string) {
			a, b := fileLines(t, dir, rotatedName(2)), fileLines(t, dir, rotatedName(3))
			writeLines(t, dir, rotatedName(2), b)
			writeLines(t, dir, rotatedName(3), a)
		}, "journal-000002.jsonl:1: "},
		{"a file added", func(t *testing.T, dir string) {
			writeLines(t, dir, rotatedName(5), fileLines(t, dir, rotatedName(3)))
		}, "journal-000005.jsonl:1: it is line 5 and stands where line 9"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filled(t, 9, 600) // two lines a file
			tt.tamper(t, dir)
			r, err := Verify(dir)
			check(t, err)
			got := ""
			if !r.Intact() {
				got = r.Problems[0].String()
			}
			if !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("Verify says %v, want %q first", r.Problems, tt.want)
			}
			if tt.want == "" && (r.Files != 5 || r.Lines != 9) {
				t.Errorf("%d files, %d lines, want 5 and 9", r.Files, r.Lines)
			}
		})
	}
}

// Where the disk was full from the start, there are empty files: nothing has
// been cut off.
func TestVerifyEmptyFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{FileName, HeadName, LockName} {
		check(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	if r := intact(t, dir); r.Lines != 0 {
		t.Errorf("Verify of empty files: %+v", r)
	}
	staysIntact(t, dir, 2)
}

func TestVerifyNothing(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if r := intact(t, dir); r.Lines != 0 || len(r.Remarks) != 1 {
			t.Errorf("Verify of nothing: %+v", r)
		}
		if list := entries(t, dir, Filter{}); len(list) > 0 {
			t.Errorf("Read of nothing: %v", list)
		}
	}
}

// A head that is behind is what a crash between line and head leaves: no
// problem, and the next start goes on from the lines.
func TestHeadBehind(t *testing.T) {
	for _, behind := range []int{1, 5} {
		dir := filled(t, 10, 0)
		l := fileLines(t, dir, FileName)
		m := start
		for _, b := range l[:10-behind] {
			m = mark{m.Count + 1, hashOf(b[:len(b)-1]), 1, m.Size + int64(len(b))}
		}
		b, err := m.line()
		check(t, err)
		check(t, os.WriteFile(filepath.Join(dir, HeadName), b, 0o600))
		r := intact(t, dir)
		if len(r.Remarks) != 1 || !strings.Contains(r.Remarks[0], "behind") {
			t.Errorf("remarks %q, want that the head is behind", r.Remarks)
		}
		staysIntact(t, dir, 12)
		if n := notes(t, dir); n != "" {
			t.Errorf("the journal notes %q", n)
		}
	}
}

// staysIntact appends a request and an outcome; the journal is then intact.
func staysIntact(t *testing.T, dir string, lines int) {
	t.Helper()
	j, err := Open(Options{Dir: dir})
	check(t, err)
	appendAll(t, j, request("after-1"), outcome("after-1"))
	check(t, j.Close())
	if r := intact(t, dir); r.Lines != lines || len(r.Remarks) > 0 && !strings.Contains(r.Remarks[0], "note:") {
		t.Errorf("%d lines, %q, want %d lines", r.Lines, r.Remarks, lines)
	}
	if m, err := readHead(dir); err != nil || m.Count != uint64(lines) {
		t.Errorf("the head counts %d, %v, want %d", m.Count, err, lines)
	}
}

// A journal whose first lines were taken away, and whose chain was made anew
// from there, is told by its first line; one that is another person's folder, or
// a file, is told as that.
func TestVerifyBegins(t *testing.T) {
	dir := t.TempDir()
	var lines [][]byte
	prev := strings.Repeat("1", len(genesis))
	for n := range 3 {
		e := request("w")
		e.Seq, e.Prev = uint64(n+1), prev
		b, err := encode(e, nil)
		check(t, err)
		sum := sha256.Sum256(bytes.TrimSuffix(b, []byte("\n")))
		lines, prev = append(lines, b), hex.EncodeToString(sum[:])
	}
	writeLines(t, dir, FileName, lines)
	r, err := Verify(dir)
	check(t, err)
	if r.Intact() || r.Problems[0].String() != "journal.jsonl:1: it was changed: it is the first line, and continues another one" {
		t.Errorf("Verify says %v", r.Problems)
	}

	planted := filled(t, 3, 0)
	check(t, os.Mkdir(filepath.Join(planted, rotatedName(1)), 0o700))
	r, err = Verify(planted)
	check(t, err)
	if r.Intact() || !strings.HasPrefix(r.Problems[0].String(), rotatedName(1)+": ") || r.Lines != 3 {
		t.Errorf("Verify says %v of %d lines", r.Problems, r.Lines)
	}
	n := 0
	for _, err := range Read(planted, Filter{}) {
		if bad, ok := errors.AsType[*LineError](err); ok && bad.File == rotatedName(1) && bad.Line == 0 {
			n++
		} else if err != nil {
			t.Error(err)
		}
	}
	if n != 1 {
		t.Errorf("the folder is told of %d times", n)
	}

	file := filepath.Join(t.TempDir(), "file")
	check(t, os.WriteFile(file, nil, 0o600))
	if _, err := Verify(file); err == nil {
		t.Error("a file passes for a journal's folder")
	}
}

// While another process writes, what looks cut off may be no harm, and that is
// said.
func TestVerifyWhileLocked(t *testing.T) {
	dir := filled(t, 3, 0)
	_, end := startHelper(t, "hold", dir, "locked")
	defer end()
	r, err := Verify(dir)
	check(t, err)
	if !r.Intact() || r.Lines != 3 || len(r.Remarks) != 1 || !strings.Contains(r.Remarks[0], "locked by another process") {
		t.Errorf("%+v", r)
	}
}
