package deck

import (
	"math"
	"slices"
	"time"

	"tapedeck/api"
	"tapedeck/api/text"
)

const (
	// unplaced is the place of an entry whose row in the list is not known:
	// so far down that it is read by itself.
	unplaced = math.MinInt64 / 2

	minPage    = 20  // rows of the smallest page asked for
	maxSingles = 260 // single reads of one poll, where pages can be had instead
)

// plan is how a steady poll looks at the known active recordings.
type plan struct {
	size    int         // PageSize of the newest pages
	depth   int64       // rows to read from the top, at least
	covered []text.Text // expected in these rows
	singles []text.Text // read one by one
}

// costs is what requests have cost lately, measured.
type costs struct {
	row      float64 // bytes of a row in a page
	one      float64 // bytes of a body that is one recording
	overhead float64 // bytes of a request's and an answer's headers
	latency  float64 // seconds from a single read's request to its end
}

// lately moves a measure a quarter of the way to the next value.
func lately(old *float64, v float64) {
	if *old == 0 {
		*old = v
		return
	}
	*old += (v - *old) / 4
}

func (c *costs) observe(x api.Exchange) {
	if x.HeaderBytes > 0 {
		lately(&c.overhead, float64(x.HeaderBytes))
	}
}

func (c *costs) page(p api.PageInfo) {
	if p.Rows >= minPage/2 {
		lately(&c.row, float64(p.Bytes)/float64(p.Rows))
	}
}

func (c *costs) single(x api.Exchange) {
	lately(&c.one, float64(x.Bytes))
	lately(&c.latency, x.Ended.Sub(x.Began).Seconds())
}

// plan chooses how to look at the known active recordings again: the newest of
// them with pages, the others one by one, where the border between the two
// costs the fewest bytes, measured. A border that needs more single reads than
// fit in an interval, or than maxSingles, is taken only for want of a better
// one.
func (p *poller) plan() (out plan) {
	var ranks []int64 // rows to read to meet each
	deepest := int64(0)
	sids, others := p.deck.standing(func(place int64) {
		deepest = max(deepest, p.feed.arrivals-place+1)
		ranks = append(ranks, deepest)
	})
	newest := int64(2*p.feed.fresh) + minPage/2
	interval := p.deck.pollInterval()
	pages := 0
	p.spent(func(c *costs) { pages = c.border(ranks, newest, interval) })
	out.covered, out.singles = sids[:pages], slices.Concat(sids[pages:], others)
	if pages > 0 {
		out.depth = ranks[pages-1] + int64(p.feed.fresh)
	}
	rows := max(out.depth+out.depth/100, newest, minPage)
	of := (rows + pageSize - 1) / pageSize // pages: alike, so that the last is not half for nothing
	out.size = int((rows + of - 1) / of)
	return out
}

// border returns how many of the newest recordings to look at with pages.
// ranks are the rows to read to meet each, ascending; newest is what is read
// from the top in any case.
func (c *costs) border(ranks []int64, newest int64, interval time.Duration) int {
	row, one, overhead := c.row, c.one, c.overhead
	if row == 0 {
		row = 900 // nothing measured yet
	}
	if one == 0 {
		one = row
	}
	most := float64(maxSingles)
	if c.latency > 0 {
		most = min(most, (maxInFlight-1)*interval.Seconds()/c.latency)
	}
	best, bestCost := 0, math.Inf(1)
	for k := 0; k <= len(ranks); k++ {
		rows := float64(max(newest, minPage))
		if k > 0 {
			rows = max(rows, float64(ranks[k-1]))
		}
		if rows > unplacedRows {
			break
		}
		singles := float64(len(ranks) - k)
		cost := rows*row + math.Ceil(rows/pageSize)*overhead + singles*(one+overhead)
		cost += max(0, singles-most) * row * overPenalty
		if cost < bestCost {
			best, bestCost = k, cost
		}
	}
	return best
}

const (
	unplacedRows = 1 << 40
	// overPenalty is how many rows one more single read is worth when there
	// are too many of them: a poll has to end.
	overPenalty = 50
)
