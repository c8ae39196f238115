package secret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestTokenIsNeverPrinted(t *testing.T) {
	const value = "PTdeadbeef"
	tok := New(value)
	type inner struct{ tok Token }
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "token", tok, "in", inner{tok})
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "token", tok, "in", inner{tok})
	js, err := json.Marshal(map[string]any{"token": tok, "p": &tok, "in": inner{tok}})
	if err != nil {
		t.Fatal(err)
	}
	seen := []string{log.String(), string(js), fmt.Sprint(tok), tok.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		seen = append(seen, fmt.Sprintf(verb, tok), fmt.Sprintf(verb, &tok),
			fmt.Sprintf(verb, inner{tok}), fmt.Sprintf(verb, []Token{tok}))
	}
	for _, s := range seen {
		if strings.Contains(s, value) || strings.Contains(s, fmt.Sprintf("%x", value)) {
			t.Errorf("the token is in %q", s)
		}
	}
	if tok.Reveal() != value || !tok.IsSet() {
		t.Errorf("Reveal() = %q, IsSet() = %v", tok.Reveal(), tok.IsSet())
	}
	if (Token{}).IsSet() || New("").IsSet() || (Token{}).Reveal() != "" {
		t.Error("the zero token must be unset and empty")
	}
}
