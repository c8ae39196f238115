package journal

import (
	"net/url"
	"strings"
)

// SameSpace reports whether two names of a space mean the same one: https://H
// and https://H:443 do.
func SameSpace(a, b string) bool { return a == b || plainSpace(a) == plainSpace(b) }

// plainSpace returns the name of a space without what says nothing: the default
// port, a path of /, and case.
func plainSpace(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return strings.ToLower(strings.TrimSuffix(s, "/"))
	}
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	switch scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return scheme + "://" + host + strings.TrimSuffix(u.Path, "/")
}
