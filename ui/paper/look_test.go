package paper

import (
	"flag"
	"os"
	"testing"
)

// lookAt is a file for the page of a night, for a person to look at.
var lookAt = flag.String("page", "", "write the page of a night into this file")

// TestLook writes the page of a night with something of everything.
func TestLook(t *testing.T) {
	if *lookAt == "" {
		t.Skip("-page names no file")
	}
	if err := os.WriteFile(*lookAt, []byte(pageOf(t, night(), Options{Version: "v1"})), 0o600); err != nil {
		t.Fatal(err)
	}
}
