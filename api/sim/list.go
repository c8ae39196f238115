package sim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	defaultPageSize = 50
	maxPageSize     = 1000
)

// Page tokens are one of these and a SID. The page holds the rows next to the
// one with that SID, so new rows do not move it. Instead of a SID, the zero
// UUID stands for the end of the list.
const (
	tokenAfter  = "PA" // the rows after it, older ones
	tokenBefore = "PB" // the rows before it, newer ones
)

// listing is what a list request looks through.
type listing[T row] struct {
	name   string // of the array in the envelope
	rows   []T    // oldest first
	find   func(sid string) (T, bool)
	filter filter[T]
	encode func([]byte, T) []byte
}

// filter holds the conditions of a list request.
type filter[T row] struct {
	query url.Values // of the request
	kept  url.Values // the parameters that the page URIs repeat
	conds []func(T) bool
	bad   string // what is wrong with the first parameter that cannot be read, "" for none
}

func newFilter[T row](query url.Values) filter[T] {
	return filter[T]{query: query, kept: url.Values{}}
}

// text keeps rows whose value is that of the parameter, if it is given.
func (f *filter[T]) text(name string, value func(T) string) {
	if !f.query.Has(name) {
		return
	}
	want := f.query.Get(name)
	f.kept.Set(name, want)
	f.conds = append(f.conds, func(r T) bool { return value(r) == want })
}

// bool keeps rows whose value is that of the parameter, true or false, if it is
// given.
func (f *filter[T]) bool(name string, value func(T) bool) {
	if !f.query.Has(name) {
		return
	}
	want := f.query.Get(name)
	if want != "true" && want != "false" && f.bad == "" {
		f.bad = name + " must be true or false"
	}
	f.kept.Set(name, want)
	f.conds = append(f.conds, func(r T) bool { return strconv.FormatBool(value(r)) == want })
}

// date keeps rows whose time fits the parameters NAME, NAME< and NAME>.
func (f *filter[T]) date(name string, value func(T) stamp) {
	for _, op := range []string{"", "<", ">"} {
		param := name + op
		if !f.query.Has(param) {
			continue
		}
		sp, ok := parseSpan(f.query.Get(param))
		if !ok && f.bad == "" {
			f.bad = param + " is not a date that can be read"
		}
		f.kept.Set(param, f.query.Get(param))
		f.conds = append(f.conds, func(r T) bool {
			t := value(r)
			return t != 0 && (op == "<" || t.second() >= sp.first) && (op == ">" || t.second() <= sp.last)
		})
	}
}

// match reports whether r fulfills all conditions.
func (f *filter[T]) match(r T) bool {
	for _, cond := range f.conds {
		if !cond(r) {
			return false
		}
	}
	return true
}

// cursor says which page of a list is asked for.
type cursor struct {
	page, size int
	token      string // "" for the first page
}

// readCursor reads the paging parameters. If they are wrong, it returns the
// code of the error and a message.
func readCursor(q url.Values) (c cursor, code int, msg string) {
	c.size = defaultPageSize
	var err error
	if q.Has("PageSize") {
		c.size, err = strconv.Atoi(q.Get("PageSize"))
		if err != nil || c.size < 1 || c.size > maxPageSize {
			return c, codePageSize, "PageSize must be a number from 1 to 1000"
		}
	}
	if q.Has("Page") {
		c.page, err = strconv.Atoi(q.Get("Page"))
		if err != nil || c.page < 0 {
			return c, codeFormat, "Page must be a number, 0 for the first page"
		}
	}
	c.token = q.Get("PageToken")
	if c.page > 0 && c.token == "" {
		return c, codePageToken, "PageToken is required when Page is larger than 0"
	}
	return c, 0, ""
}

// serveList answers a list request.
func serveList[T row](x *exchange, l listing[T]) reply {
	c, code, msg := readCursor(l.filter.query)
	if code != 0 {
		return x.refuse(code, msg)
	}
	if l.filter.bad != "" {
		return x.refuse(codeFormat, l.filter.bad)
	}
	rows, more, ok := cut(l, c)
	if !ok {
		return x.refuse(codePageToken, "PageToken is invalid")
	}
	return x.json(http.StatusOK, envelope(x, l, c, rows, more))
}

// cut returns the rows of a page, newest first, and whether there are more
// after them; ok is false for a bad page token.
func cut[T row](l listing[T], c cursor) (rows []T, more, ok bool) {
	// Rows before index end are after the token, which the list has in
	// descending order.
	end, back := len(l.rows), strings.HasPrefix(c.token, tokenBefore)
	if c.token != "" {
		if !back && !strings.HasPrefix(c.token, tokenAfter) {
			return nil, false, false
		}
		sid := c.token[len(tokenAfter):]
		if r, found := l.find(sid); found {
			end = place(l.rows, r.at())
			if back && end < len(l.rows) && l.rows[end] == r {
				end++
			}
		} else if back && sid == (uuid{}).String() {
			end = 0
		} else {
			return nil, false, false
		}
	}
	if back {
		rows, end = cutBack(l, end, c.size)
	}
	for i := end - 1; i >= 0; i-- {
		if !l.filter.match(l.rows[i]) {
			continue
		}
		if back || len(rows) == c.size {
			return rows, true, true
		}
		rows = append(rows, l.rows[i])
	}
	return rows, false, true
}

// cutBack returns the last size rows of the list, newest first, that come
// before index i in it, and the index behind them.
func cutBack[T row](l listing[T], i, size int) (rows []T, end int) {
	end = i
	for ; i < len(l.rows) && len(rows) < size; i++ {
		if l.filter.match(l.rows[i]) {
			rows = append(rows, l.rows[i])
		}
	}
	slices.Reverse(rows)
	return rows, end
}

// envelope appends the page as JSON.
func envelope[T row](x *exchange, l listing[T], c cursor, rows []T, more bool) []byte {
	uri := func(page int, token string) string {
		q := url.Values{"Page": {strconv.Itoa(page)}, "PageSize": {strconv.Itoa(c.size)}}
		for name, values := range l.filter.kept {
			q[name] = values
		}
		if token != "" {
			q.Set("PageToken", token)
		}
		return x.path + "?" + q.Encode()
	}
	o := x.enc.begin(make([]byte, 0, 700+1100*len(rows)))
	o.str("uri", uri(c.page, c.token))
	o.str("first_page_uri", uri(0, ""))
	if more && len(rows) > 0 {
		o.str("next_page_uri", uri(c.page+1, tokenAfter+rows[len(rows)-1].at().sid.String()))
	} else {
		o.null("next_page_uri")
	}
	if c.page > 0 {
		var first uuid
		if len(rows) > 0 {
			first = rows[0].at().sid
		}
		o.str("previous_page_uri", uri(c.page-1, tokenBefore+first.String()))
	} else {
		o.null("previous_page_uri")
	}
	o.int("page", int64(c.page))
	o.int("page_size", int64(c.size))
	o.name(l.name)
	o.b = append(o.b, '[')
	for i, r := range rows {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.b = l.encode(o.b, r)
	}
	o.b = append(o.b, ']')
	return o.end()
}
