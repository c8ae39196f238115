package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tapedeck/api/report"
	"tapedeck/api/state"
	"tapedeck/api/text"
	"tapedeck/ui/paper"
)

// pageFlags are the flags of a report that is written as a page.
type pageFlags struct {
	html string // the file of the page; empty for none
	sign string // the file of the key that signs; empty for no signature
}

func (f *pageFlags) add(cmd *cobra.Command) {
	cmd.Flags().Var(&fileValue{&f.html}, "html", "write one page for a browser, or for printing, into this file")
	cmd.Flags().Var(&fileValue{&f.sign}, "sign", "with --html: write the JSON beside the page, and sign both with this SSH key")
}

// fileValue is the value of a flag that names a file.
type fileValue struct{ name *string }

func (v *fileValue) String() string     { return "" }
func (v *fileValue) Type() string       { return "FILE" }
func (v *fileValue) Set(s string) error { *v.name = s; return nil }

// check refuses what cannot be written. changed says which flags were given.
func (f *pageFlags) check(changed func(flag string) bool) error {
	for name, value := range map[string]string{"html": f.html, "sign": f.sign} {
		if changed(name) && value == "" {
			return usage("cannot use --"+name+": its value is empty", "give --"+name+" a file, or leave it out")
		}
	}
	switch ext := filepath.Ext(f.html); {
	case f.sign != "" && f.html == "":
		return usage("cannot use --sign without --html: a signature is of a file", "add --html FILE")
	case f.html == "-":
		return usage("cannot use - for --html: the page is written into a file", "name a file, such as report.html")
	case ext == ".json" || ext == ".sig":
		return usage(fmt.Sprintf("cannot use %q for --html: files of that name are written beside the page", f.html), "name a file such as report.html")
	}
	return nil
}

// pageFile is a file that a report is written into.
type pageFile struct {
	path string
	text []byte
	was  []byte              // what is there; nil for nothing
	ours func(b []byte) bool // whether what is there is an older one of the same kind
	of   *pageFile           // of which it is the signature; nil for none
	key  string              // that has signed it, by its fingerprint; empty for none
}

// write writes the page of a report, with --sign also its JSON and the signatures
// of both by s. Nothing is written where one of them cannot be made, or a file is there
// that is none of these. Each file is replaced as a whole and is for its owner
// alone.
func (f *pageFlags) write(ctx context.Context, r *runner, made *report.Report, s *signer) error {
	files, err := f.files(ctx, r, made, s)
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := state.ReplacePlain(file.path, file.was, file.text, 0o600); err != nil {
			return file.failed(err)
		}
		if file.of != nil {
			continue // the line of what it signs has it
		}
		line := "wrote " + text.New(file.path).String()
		if file.key != "" {
			line += ", signed with " + file.key
		}
		if _, err := fmt.Fprintln(r.Stdout, line); err != nil {
			return fmt.Errorf("say what was written: %w", err)
		}
	}
	return nil
}

// files makes all that is to be written; s is nil where nothing is signed.
func (f *pageFlags) files(ctx context.Context, r *runner, made *report.Report, s *signer) ([]*pageFile, error) {
	page, err := paper.Page(made, paper.Options{Zone: time.Local, Version: r.release()})
	if err != nil {
		return nil, err
	}
	files := []*pageFile{{path: f.html, text: page, ours: isPage}}
	if s != nil {
		var object bytes.Buffer
		if err := made.WriteJSON(&object); err != nil {
			return nil, err
		}
		path := strings.TrimSuffix(f.html, filepath.Ext(f.html)) + ".json"
		files = append(files, &pageFile{path: path, text: object.Bytes(), ours: isReportJSON})
	}
	signed := files
	for _, file := range signed {
		if s != nil {
			files = append(files, &pageFile{path: file.path + ".sig", ours: isSignature, of: file})
		}
	}
	for _, file := range files {
		if err := file.look(); err != nil {
			return nil, err
		}
	}
	if s == nil {
		return files, nil
	}
	sigs, key, err := s.sign(ctx, [][]byte{signed[0].text, signed[1].text})
	if err != nil {
		return nil, err
	}
	for i, file := range signed {
		file.key, files[len(signed)+i].text = key, sigs[i]
	}
	return files, nil
}

// signer returns what signs; nil where nothing is signed.
func (f *pageFlags) signer(r *runner) (*signer, error) {
	if f.sign == "" {
		return nil, nil
	}
	return r.newSigner(f.sign)
}

// look reads what is there already, and refuses to replace what is something
// else.
func (f *pageFile) look() error {
	if st, err := os.Stat(filepath.Dir(f.path)); err != nil || !st.IsDir() {
		return f.failed(errors.New("there is no such folder"), "make the folder, or name another one")
	}
	b, _, err := state.ReadPlain(f.path, state.MaxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return f.failed(plainError(err))
	case len(b) > 0 && !f.ours(b):
		return f.failed(errors.New("there is a file of that name that is no report"), "name another file, or move that one away")
	}
	f.was = b
	return nil
}

func (f *pageFile) failed(why error, hints ...string) *Error {
	return &Error{What: fmt.Sprintf("write %s: %v", text.New(f.path), why), Hints: hints}
}

// isPage reports whether a file is a page of tapedeck.
func isPage(b []byte) bool {
	head := b[:min(len(b), 2<<10)]
	return bytes.HasPrefix(head, []byte("<!DOCTYPE html>")) && bytes.Contains(head, []byte(`<meta name="generator" content="tapedeck">`))
}

// isReportJSON reports whether a file is the JSON of a report.
func isReportJSON(b []byte) bool {
	var r struct {
		Totals  json.RawMessage `json:"totals"`
		Journal json.RawMessage `json:"journal"`
	}
	return json.Unmarshal(b, &r) == nil && r.Totals != nil && r.Journal != nil
}
