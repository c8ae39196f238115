package paper

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tapedeck/api/journal"
	"tapedeck/api/report"
	"tapedeck/api/text"
)

// chromiumLimit is far more than the seconds that a browser needs.
const chromiumLimit = 3 * time.Minute

// ofBrowser matches the hosts that a new browser asks by itself, whatever it shows.
var ofBrowser = regexp.MustCompile(`(^|\.)(google|googleapis|gvt1|gstatic)\.com(:\d+)?$`)

// browser is a headless Chromium whose every request goes to a proxy.
type browser struct {
	mu       sync.Mutex
	asked    []string // what was asked for
	page     string
	dom, pdf []byte
}

// address is the page's, in a network that there is only behind the proxy.
const address = "http://report.test/"

func (b *browser) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if ofBrowser.MatchString(r.Host) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	b.mu.Lock()
	b.asked = append(b.asked, r.Method+" "+r.URL.String())
	b.mu.Unlock()
	if r.URL.String() != address {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(b.page))
}

// open shows a page, prints it, and says what became of its elements.
func (b *browser) open(t *testing.T, program string) {
	t.Helper()
	proxy := httptest.NewServer(b)
	t.Cleanup(proxy.Close)
	dir, err := os.MkdirTemp("", "tapedeck-chromium-") // a part of the browser may write there after its end
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	ctx, cancel := context.WithTimeout(t.Context(), chromiumLimit)
	defer cancel()
	flags := []string{"--headless", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--disable-component-update",
		"--disable-sync", "--disable-extensions", "--no-pings", "--user-data-dir=" + dir, "--proxy-server=" + proxy.Listener.Addr().String(),
		"--proxy-bypass-list=<-loopback>", "--dump-dom"}
	if os.Getuid() == 0 {
		flags = append(flags, "--no-sandbox") // it refuses root otherwise
	}
	run := func(args ...string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, program, append(slices.Clone(flags), args...)...)
		var said bytes.Buffer
		cmd.Stderr, cmd.WaitDelay = &said, 10*time.Second
		out, err := cmd.Output()
		if ctx.Err() != nil {
			t.Skipf("chromium did not end within %s", chromiumLimit)
		}
		if err != nil {
			err = fmt.Errorf("chromium: %w\n%s", err, said.Bytes())
		}
		return out, err
	}
	pdf := filepath.Join(dir, "page.pdf")
	if b.dom, err = run("--no-pdf-header-footer", "--print-to-pdf="+pdf, address); err == nil {
		b.pdf, err = os.ReadFile(pdf)
	}
	if err != nil {
		if _, none := run("about:blank"); none != nil {
			t.Skipf("chromium does not run here: %v", none)
		}
		t.Fatal(err)
	}
}

// journalOf writes a journal of one pause whose texts are hostile, and returns
// its folder and the hash of its last line.
func journalOf(t *testing.T) (dir, last string) {
	t.Helper()
	dir = t.TempDir()
	var lines []byte
	last = strings.Repeat("0", 64)
	who := journal.Who{Actor: hostile[1], Host: "desk-3", PID: 7, Started: "s"}
	add := func(after time.Duration, event journal.Event, e journal.Entry) {
		e.Seq, e.Prev, e.Time, e.Event, e.Who = uint64(bytes.Count(lines, []byte("\n"))+1), last, began.Add(after), event, who
		e.Space, e.Project, e.Profile = "https://acme.example", "p1", hostile[2]
		line, err := e.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(line)
		last = hex.EncodeToString(sum[:])
		lines = append(append(lines, line...), '\n')
	}
	on := journal.Entry{Recording: sid("8142"), Call: sid("5e2c"), From: text.New(hostile[0]), To: text.New(hostile[5])}
	update := func(id, before, asked string, at time.Duration) {
		e := on
		e.ID, e.StatusBefore, e.StatusAsked = id, before, asked
		if asked == "paused" {
			e.PauseBehavior = "silence"
		}
		add(at, journal.Request, e)
		e.StatusBefore, e.Outcome, e.StatusAnswered, e.HTTPStatus, e.Latency = "", "verified", asked, 200, 250*time.Millisecond
		add(at+time.Second, journal.Outcome, e)
	}
	add(time.Second, journal.SessionBegan, journal.Entry{})
	add(time.Second, journal.Live, journal.Entry{})
	update("a", "in-progress", "paused", 2*time.Hour)
	ack := on
	ack.Reason = hostile[3]
	add(2*time.Hour+5*time.Minute, journal.Ack, ack)
	update("b", "paused", "in-progress", 2*time.Hour+6*time.Minute+12*time.Second)
	if err := os.WriteFile(filepath.Join(dir, journal.FileName), lines, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, last
}

// TestInChromium: a browser makes of the page the elements that it has, shows the
// journal's numbers, requests nothing for it, and prints it.
func TestInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	t.Parallel()
	dir, last := journalOf(t)
	r, err := report.Read(report.Options{Dir: dir, From: began, To: began.Add(8 * time.Hour), Now: began.Add(8 * time.Hour), Limit: 3 * time.Minute,
		Runs: func(journal.Who) (bool, bool) { return true, true }})
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{page: pageOf(t, r, Options{})}
	b.open(t, program)
	if len(b.asked) != 1 || b.asked[0] != "GET "+address {
		t.Errorf("it asked for %q, want the page alone", b.asked)
	}
	if pages := regexp.MustCompile(`/Type /Pages[^>]*/Count [1-9]`); !bytes.HasPrefix(b.pdf, []byte("%PDF-")) || !pages.Match(b.pdf) {
		t.Errorf("it printed %d bytes that are no PDF with pages", len(b.pdf))
	}
	sent, shown := elements(t, b.page), elements(t, string(b.dom))
	for i := range max(len(sent), len(shown)) {
		if i >= len(sent) || i >= len(shown) || sent[i].name != shown[i].name || len(sent[i].attrs) != len(shown[i].attrs) {
			t.Fatalf("element %d of %d is shown as another one, of %d", i, len(sent), len(shown))
		}
	}
	for _, want := range []string{last, "06:12.000", "08:00:00.250", "08:06:12.250", "Paused for 06:12, the limit is 03:00: call …5e2c", text.New(hostile[1]).String(), text.New(hostile[3]).String()} {
		if len(saying(shown, want)) == 0 {
			t.Errorf("the page does not show %q", want)
		}
	}
	pauses := having(shown, "rect", "silence")
	if len(pauses) < 3 { // two in the legend
		t.Fatalf("%d pauses are drawn", len(pauses))
	}
	shift := pauses[2]
	from, long := 100*(2*time.Hour+250*time.Millisecond).Seconds()/(8*time.Hour).Seconds(), 100*(6*time.Minute+12*time.Second).Seconds()/(8*time.Hour).Seconds()
	if !near(shift.attr("x"), from) || !near(shift.attr("width"), long) || shift.attr("class") != "silence over" {
		t.Errorf("the pause is drawn from %s for %s as %s, want %.3f%% and %.3f%%", shift.attr("x"), shift.attr("width"), shift.attr("class"), from, long)
	}
}

// near reports whether a share in percent is a number.
func near(share string, want float64) bool {
	got, err := strconv.ParseFloat(strings.TrimSuffix(share, "%"), 64)
	return err == nil && math.Abs(got-want) < 0.001
}
