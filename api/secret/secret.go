// Package secret holds a value that must never be seen: the API token.
//
// A [Token] cannot be printed, marshaled or logged by accident. Its value is
// kept in a closure, so that even a %#v of a struct with a Token in an
// unexported field shows an address and never the value. [Token.Reveal] is the
// only way out; whoever calls it sends the value to the space it belongs to
// and nowhere else.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden is what every way of printing a token gives.
const hidden = "[token hidden]"

// Token is an API token. The zero value is no token.
type Token struct{ value func() string }

// New returns the token with value v; an empty v gives the zero Token.
func New(v string) Token {
	if v == "" {
		return Token{}
	}
	return Token{value: func() string { return v }}
}

// IsSet reports whether there is a token.
func (t Token) IsSet() bool { return t.value != nil }

// Reveal returns the value itself, empty for the zero Token. It is for the
// Authorization header and for nothing else.
func (t Token) Reveal() string {
	if t.value == nil {
		return ""
	}
	return t.value()
}

// String returns a fixed text, never the value.
func (t Token) String() string { return hidden }

// Format writes a fixed text for every verb and flag.
func (t Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText returns a fixed text; JSON, TOML and XML encoders use it.
func (t Token) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue returns a fixed text, for log/slog.
func (t Token) LogValue() slog.Value { return slog.StringValue(hidden) }
