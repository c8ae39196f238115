package background

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestGroup: parts end in the reverse order of their start, each when the one
// before has ended, and no error of theirs is lost.
func TestGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Group
		var order []string
		part := func(name string, takes time.Duration, err error) {
			if !g.Go(func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(takes)
				order = append(order, name)
				return err
			}) {
				t.Errorf("%s was not started", name)
			}
		}
		full, late := errors.New("disk full"), errors.New("no answer")
		part("journal", 0, full)
		part("deck", 10*time.Second, late)
		part("follower", time.Second, nil)
		synctest.Wait()
		if len(order) > 0 {
			t.Errorf("%q ended by itself", order)
		}
		began := time.Now()
		err := g.Stop()
		if took := time.Since(began); took != 11*time.Second || !errors.Is(err, full) || !errors.Is(err, late) || err.Error() != "no answer\ndisk full" {
			t.Errorf("%v after %s", err, took)
		}
		if want := []string{"follower", "deck", "journal"}; !slices.Equal(order, want) {
			t.Errorf("they ended in the order %q, want %q", order, want)
		}
		if err := g.Stop(); err != nil {
			t.Errorf("stopped a second time: %v", err)
		}
		if g.Go(func(context.Context) error { t.Error("it runs"); return nil }) {
			t.Error("a group that was stopped starts a part")
		}
	})
}

// TestGroupBroken: a part that cannot go on is noticed while the others run,
// once, and one that has just ended is not.
func TestGroupBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Group
		taken := errors.New("the address is taken")
		g.Go(func(ctx context.Context) error { <-ctx.Done(); return errors.New("stopped") })
		g.Go(func(context.Context) error { return nil })
		synctest.Wait()
		select {
		case <-g.Broken():
			t.Error("a part that has done its work breaks the group")
		default:
		}
		for range 2 {
			g.Go(func(context.Context) error { time.Sleep(time.Minute); return taken })
		}
		<-g.Broken()
		if err := g.Stop(); !errors.Is(err, taken) || err.Error() != "the address is taken\nthe address is taken\nstopped" {
			t.Errorf("%v", err)
		}
	})
	var none Group
	if err := none.Stop(); err != nil {
		t.Error(err)
	}
}
