package ui

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

var pageFaults = []fault{
	{name: "page loop", read: "PARTIAL page refused", post: "verified", one: "live", names: "yes",
		do: editPage(func(h *hit, top map[string]any) { top["next_page_uri"] = top["uri"] })},
	{name: "foreign page", read: "PARTIAL page refused", post: "verified", one: "live", names: "yes",
		do: editPage(func(_ *hit, top map[string]any) {
			top["next_page_uri"] = "https://evil.example/api/laml/2010-04-01/Accounts/x/Recordings?Page=1"
		})},
	{name: "foreign page, without scheme", read: "PARTIAL page refused", post: "verified", one: "live", names: "yes",
		do: editPage(func(_ *hit, top map[string]any) {
			top["next_page_uri"] = "//evil.example/api"
		})},
	{name: "page loop of two", read: "PARTIAL page refused", post: "verified", one: "live", names: "yes",
		do: editPage(func(h *hit, top map[string]any) {
			if h.req.URL.Query().Get("Page") != "" {
				top["next_page_uri"] = top["first_page_uri"]
			}
		})},
	{name: "foreign page, by its user", read: "PARTIAL page refused", post: "verified", one: "live", names: "yes",
		do: editPage(func(_ *hit, top map[string]any) {
			top["next_page_uri"] = "https://" + wireHost + "@evil.example/api"
		})},
	{name: "foreign page, by its port", read: "PARTIAL page refused", post: "verified", one: "live", names: "yes",
		do: editPage(func(_ *hit, top map[string]any) {
			top["next_page_uri"] = "https://" + wireHost + ":4443/api"
		})},
	{name: "foreign page, by backslashes", read: "PARTIAL page refused", post: "verified", one: "live", names: "yes",
		do: editPage(func(_ *hit, top map[string]any) {
			top["next_page_uri"] = `/\evil.example\api`
		})},
	{name: "page of 1 MB", read: "PARTIAL page refused", post: "verified", one: "live", names: "yes",
		do: editPage(func(_ *hit, top map[string]any) {
			top["next_page_uri"] = "/" + strings.Repeat("x", aMegabyte)
		})},
	{name: "pages without end", read: "PARTIAL page refused", post: "verified", one: "live", names: "yes",
		do: editPage(func(h *hit, top map[string]any) {
			top["next_page_uri"] = fmt.Sprintf("%s?n=%d", h.req.URL.Path, h.n)
		})},
	{name: "page of a wrong type", read: "PARTIAL page refused", post: "verified", one: "live", names: "yes",
		do: editPage(func(_ *hit, top map[string]any) { top["next_page_uri"] = 7 })},
	{name: "list of a wrong type", read: "STALE unreadable answer", post: "verified", one: "live", names: "some",
		do: editPage(func(_ *hit, top map[string]any) {
			for _, name := range lists {
				if _, ok := top[name]; ok {
					top[name] = map[string]any{}
				}
			}
		})},
	{name: "no list", read: "STALE unreadable answer", post: "verified", one: "live", names: "some",
		do: editPage(func(_ *hit, top map[string]any) {
			for _, name := range lists {
				delete(top, name)
			}
		})},
	{name: "rows that are none", read: "PARTIAL unreadable rows", post: "verified", one: "live", names: "yes",
		do: editPage(func(_ *hit, top map[string]any) {
			for _, name := range lists {
				if rows, ok := top[name].([]any); ok {
					top[name] = append(rows, nil, 7, "row", []any{}, map[string]any{})
				}
			}
		})},
	{name: "100,000 rows", heavy: true, read: "live", post: "verified",
		do: editPage(func(_ *hit, top map[string]any) {
			for _, name := range lists {
				rows, ok := top[name].([]any)
				for i := len(rows); ok && i < 100_000; i++ {
					rows = append(rows, json.RawMessage(fmt.Sprintf(`{"sid":"0d9c8b7a-1111-4ccc-9ddd-%012d","status":"completed"}`, i)))
				}
				if ok {
					top[name] = rows
				}
			}
		})},
	{name: "more than 100,000 rows", heavy: true, read: "STALE unreadable answer", post: "verified", one: "live", names: "some",
		do: editPage(func(_ *hit, top map[string]any) {
			rows := make([]any, 100_001)
			for i := range rows {
				rows[i] = json.RawMessage(fmt.Sprintf(`{"sid":"%d","status":"completed"}`, i))
			}
			for _, name := range lists {
				if _, ok := top[name]; ok {
					top[name] = rows
				}
			}
		})},
	{name: "rows shifting down", read: "live", post: "verified",
		do: editPage(func(h *hit, top map[string]any) { shift(h, top, +1) })},
	{name: "rows shifting up", read: "live", post: "verified",
		do: editPage(func(h *hit, top map[string]any) { shift(h, top, -1) })},
	{name: "every row twice", read: "live", post: "verified",
		do: editPage(func(_ *hit, top map[string]any) {
			for _, name := range lists {
				if rows, ok := top[name].([]any); ok {
					top[name] = append(rows, rows...)
				}
			}
		})},
	{name: "no clock", read: "live", post: "verified",
		do: func(h *hit) (*http.Response, error) {
			resp, err := h.pass()
			if err == nil {
				resp.Header.Del("Date")
			}
			return resp, err
		}},
	{name: "clock a day ahead", read: "live", post: "verified",
		everywhere: true, do: shifted(24 * time.Hour)},
	{name: "clock a day behind", read: "live", post: "verified",
		everywhere: true, do: shifted(-24 * time.Hour)},
}

// shift has the rows of the pages after the first move by one: the first row
// is that which ended the page before, or is missing.
func shift(h *hit, top map[string]any, by int) {
	for _, name := range lists {
		rows, ok := top[name].([]any)
		if !ok || len(rows) == 0 {
			continue
		}
		before, _ := h.rows.Swap(name, rows[len(rows)-1])
		switch {
		case h.req.URL.Query().Get("Page") == "":
		case by < 0:
			top[name] = rows[1:]
		default:
			top[name] = append([]any{before}, rows...)
		}
	}
}

var updateFaults = []fault{
	{name: "200 with the old status", read: "live", post: "contradicted",
		do: old()},
	{name: "200 of another one", read: "live", post: "unknown unreadable answer, verified", one: "STALE unreadable answer", names: "some",
		do: func(h *hit) (*http.Response, error) {
			return edit(h, func(top map[string]any) {
				if _, ok := top["sid"]; ok {
					top["sid"] = faultOther
				}
			})
		}},
	{name: "503, though it was done", read: "STALE HTTP 503", post: "unknown HTTP 503, verified",
		do: func(h *hit) (*http.Response, error) {
			_, err := h.pass()
			return say(h.req, 503, ""), err
		}},
}
