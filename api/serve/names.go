package serve

import (
	"os/user"
	"strconv"
	"sync"
	"time"

	"tapedeck/api/peer"
	"tapedeck/api/text"
)

// Peer is who is at the other end of a connection.
type Peer = peer.Peer

// nameTime is for how long the name of a user is remembered: users are made,
// renamed and taken away while the service runs.
const nameTime = time.Minute

// maxNames is how many names are remembered.
const maxNames = 1024

// names are the names of users and groups by their number, as the system has
// them.
type names struct {
	user, group func(id string) (string, error) // a test's know others

	mu    sync.Mutex
	known map[string]name
}

type name struct {
	name string
	at   time.Time
}

func newNames() *names {
	return &names{
		known: map[string]name{},
		user: func(id string) (string, error) {
			u, err := user.LookupId(id)
			if err != nil {
				return "", err
			}
			return u.Username, nil
		},
		group: func(id string) (string, error) {
			g, err := user.LookupGroupId(id)
			if err != nil {
				return "", err
			}
			return g.Name, nil
		},
	}
}

// userName returns the name of a user; empty where there is none.
func (n *names) userName(uid int) string { return n.lookup("u", uid, n.user) }

// groupName returns the name of a group; empty where there is none.
func (n *names) groupName(gid int) string { return n.lookup("g", gid, n.group) }

func (n *names) lookup(kind string, id int, find func(string) (string, error)) string {
	key := kind + strconv.Itoa(id)
	n.mu.Lock()
	have, ok := n.known[key]
	n.mu.Unlock()
	if ok && time.Since(have.at) < nameTime {
		return have.name
	}
	found, err := find(strconv.Itoa(id)) // may ask a directory service
	if err != nil {
		found = ""
	}
	found = text.New(found).String()
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.known) >= maxNames {
		clear(n.known)
	}
	n.known[key] = name{found, time.Now()}
	return found
}

// personName returns what a user is called: by name, else by number.
func (n *names) personName(uid int) string {
	if s := n.userName(uid); s != "" {
		return s
	}
	return "uid " + strconv.Itoa(uid)
}
