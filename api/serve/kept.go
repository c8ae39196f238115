package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"tapedeck/api/crash"
	"tapedeck/api/deck"
	"tapedeck/api/state"
)

// keptName is the file, in the state directory, of what outlives the service.
const keptName = "serve.json"

// maxKept is how large that file may be, in bytes.
const maxKept = 64 << 20

// keptVersion is of the form of the file. One of another version is not read.
const keptVersion = 1

// Kept is what outlives the service: in its state directory, what each deck
// knows and the API does not, and the pauses left behind.
type Kept struct {
	dir  state.Dir
	last keptJSON // of the last run
	// timelines are those of the last run; see timelines.go.
	timelines timelinesJSON

	mu    sync.Mutex // one writes at a time
	saved []byte     // what is in the file
	said  string     // why it could not be written, as it was said last

	savedLines []byte // the same of the timelines
	saidLines  string
}

// lockTime is for how long a service that is ending may still have the state
// directory: it has given up its socket by then.
const lockTime = 2 * time.Second

// LockKept has the state directory with this path be that of one service until
// the function that it returns is called. Two services of one would each do the
// auto-resumes that are kept there, and lose what the other one keeps. Lock it
// before [OpenKept].
func LockKept(path string) (unlock func(), err error) {
	dir, err := state.Make(path)
	if err != nil {
		return nil, cannotKeep(path, err)
	}
	lock, err := dir.OpenOwn(keptName+".lock", os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, cannotKeep(path, err)
	}
	for end := time.Now().Add(lockTime); ; time.Sleep(lockTime / 40) {
		locked, err := state.TryLock(lock)
		if err == nil && locked {
			return func() { _ = lock.Close() }, nil
		}
		if err == nil && time.Now().Before(end) {
			continue
		}
		_ = lock.Close()
		if err != nil {
			return nil, cannotKeep(path, err)
		}
		return nil, &Error{What: "cannot use the state directory " + path + ": another tapedeck serve keeps its pauses and auto-resumes there",
			Next: "stop that one, or choose another folder with --state-dir"}
	}
}

// cannotKeep says why the state directory cannot be used.
func cannotKeep(path string, err error) *Error {
	return &Error{What: fmt.Sprintf("cannot use the state directory %s: %v", path, err), Next: "set state_dir to a folder of the service's user", Err: err}
}

// OpenKept reads what the last run of the service has left in the state
// directory with this path, which is made if it does not exist. An error that
// comes with a Kept is no reason not to begin: what cannot be read is lost.
func OpenKept(path string) (*Kept, error) {
	dir, err := state.Make(path)
	if err != nil {
		return nil, cannotKeep(path, err)
	}
	k := &Kept{dir: dir}
	lost := k.readTimelines()
	b, err := dir.ReadOwn(keptName, maxKept)
	if errors.Is(err, fs.ErrNotExist) {
		return k, lost
	}
	if err == nil {
		err = json.Unmarshal(b, &k.last)
	}
	if err == nil && k.last.Version != keptVersion {
		err = fmt.Errorf("it is of version %d, and this tapedeck reads %d", k.last.Version, keptVersion)
	}
	if err != nil {
		k.last = keptJSON{}
		err = &Error{What: fmt.Sprintf("cannot read %s: %v; acknowledgements and auto-resumes of the last run are lost", dir.Path(keptName), err), Err: err}
	}
	return k, errors.Join(err, lost)
}

// Deck returns what is kept of the deck of a project, for [deck.Config].
func (k *Kept) Deck(space, project string) deck.Kept {
	for _, p := range k.last.Projects {
		if p.Space == space && p.Project == project {
			return p.Deck
		}
	}
	return deck.Kept{}
}

// save writes what is kept, if it is not what was written last, and returns why
// it cannot, once.
func (k *Kept) save(now func() keptJSON) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	b := encodeJSON(now())
	if bytes.Equal(b, k.saved) {
		return nil
	}
	err := k.dir.Replace(keptName, b)
	if err == nil {
		k.saved, k.said = b, ""
		return nil
	}
	if why := err.Error(); why != k.said {
		k.said = why
		return err
	}
	return nil
}

// keptJSON is the file: what is kept of each project, by its space and ID, the
// pauses left behind, and who had a screen.
type keptJSON struct {
	Version  int           `json:"version"`
	Projects []keptProject `json:"projects"`
	Left     []leftPause   `json:"left,omitempty"`
	Screens  []person      `json:"screens,omitempty"`
}

type keptProject struct {
	Space   string    `json:"space"`
	Project string    `json:"project"`
	Deck    deck.Kept `json:"deck"`
}

// restore takes up the pauses that were left behind before, and waits for those
// who had a screen.
func (s *Server) restore(ctx context.Context, background *sync.WaitGroup) {
	if s.o.Kept == nil {
		return
	}
	last := s.o.Kept.last
	for _, e := range last.Left {
		s.left.add(e)
	}
	if len(last.Screens) > 0 {
		s.left.await(last.Screens)
		background.Go(func() { defer crash.Guard(); s.awaitReturn(ctx) })
	}
}

// awaitReturn waits for the screens that the last run of the service had. Who
// has none after a while has left what is paused.
func (s *Server) awaitReturn(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-time.After(returnGrace):
	}
	for _, p := range s.left.awaited() {
		if !s.sessions.looks(p) {
			s.left.leave(deck.Actor{Actor: p.Name, UID: p.UID, SSHKey: p.Key}, p.Role, "its session did not come back after a restart of the service")
		}
	}
	s.left.await(nil)
	s.saveKept()
}

// saveKept writes what is kept, if it has changed.
func (s *Server) saveKept() {
	if s.o.Kept == nil {
		return
	}
	if err := s.o.Kept.save(s.keep); err != nil {
		s.o.Say("cannot keep pauses, acknowledgements and auto-resumes over a restart: %v", err)
	}
}

// keep returns what is to be kept now.
func (s *Server) keep() keptJSON {
	now := keptJSON{Version: keptVersion, Left: s.left.all(), Screens: s.sessions.people()}
	for _, p := range s.left.awaited() {
		if !slices.Contains(now.Screens, p) {
			now.Screens = append(now.Screens, p)
		}
	}
	for _, p := range s.projects {
		now.Projects = append(now.Projects, keptProject{p.Space, p.ID, p.Deck.Kept()})
	}
	return now
}

// follow takes in what a deck does, for as long as ctx lasts: it counts it, tells
// who waits for a request, and keeps what is to be kept.
func (s *Server) follow(ctx context.Context, p *project, background *sync.WaitGroup) {
	steps, cancelSteps := p.Deck.Steps() // before the deck begins: its first poll counts
	snapshots, cancel := p.Deck.Subscribe()
	due, stop := s.timelinesDue(p)
	background.Go(func() {
		defer crash.Guard()
		defer stop()
		defer cancelSteps()
		defer cancel()
		for {
			select {
			case <-ctx.Done():
				return
			case list := <-steps:
				for _, step := range list {
					s.step(p, step)
				}
			case snap := <-snapshots:
				s.left.prune(p, snap)
				s.saveKept()
			case <-due:
				s.saveTimelines()
			}
		}
	})
}

// step takes in one step of a deck.
func (s *Server) step(p *project, step deck.Step) {
	s.metrics.step(p, step)
	if step.Progress != nil {
		s.requests.step(*step.Progress)
	}
}
