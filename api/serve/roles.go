package serve

import (
	"slices"
	"strconv"

	"tapedeck/api/local"
)

// Words are what a role may do, each a word of its own, in the order in which
// they are listed.
var Words = []local.Word{
	local.WordView, local.WordPause, local.WordResume, local.WordStop, local.WordStopEvidence, local.WordStart,
	local.WordAcknowledge, local.WordTimer, local.WordReveal, local.WordBulk, local.WordSessions,
}

// Role is what some users may do.
type Role struct {
	Name string
	May  []local.Word
	// Users and Groups are who has it, by name or by number.
	Users, Groups []string
	// Keys and Principals are who has it by SSH: keys by their fingerprint or their
	// comment, and certificates by a principal.
	Keys, Principals []string
}

// permit is what one user may do: by a role, or by all roles of that user.
type permit struct {
	role string // its name; of several, the first; empty where there are no roles
	may  []local.Word
}

// add permits more words.
func (p *permit) add(words []local.Word) {
	for _, w := range words {
		if !p.can(w) {
			p.may = append(p.may, w)
		}
	}
}

// can reports whether a word is permitted.
func (p permit) can(w local.Word) bool { return slices.Contains(p.may, w) }

// rootRole is what those are called who may do all, where there are roles and
// none names them: root, and the user of the service.
const rootRole = "owner"

// permits decides what users may do.
type permits struct {
	roles []Role
	own   int // the service's user
	names *names
}

// of returns what the peer of a connection may do; ok is false for one whom no
// role has. Root and the service's own user may do all. Without roles the
// socket's mode is the gate, and whoever has come through may do all.
//
// One who has several roles may do what any of them may, and is called by the
// first.
func (p permits) of(peer Peer) (out permit, ok bool) {
	for _, r := range p.roles {
		if !p.has(r, peer) {
			continue
		}
		if !ok {
			out.role, ok = r.Name, true
		}
		out.add(r.May)
	}
	if peer.UID == 0 || peer.UID == p.own || len(p.roles) == 0 {
		if len(p.roles) > 0 && !ok {
			out.role = rootRole
		}
		out.may, ok = Words, true
	}
	return out, ok
}

// has reports whether a role has the peer, by user or by group.
func (p permits) has(r Role, peer Peer) bool {
	if matches(r.Users, peer.UID, p.names.userName) || matches(r.Groups, peer.GID, p.names.groupName) {
		return true
	}
	return slices.ContainsFunc(peer.Groups, func(gid int) bool { return matches(r.Groups, gid, p.names.groupName) })
}

// matches reports whether a list has a user or group, by its number or its name.
// A name of digits is a number, for nobody could tell them apart.
func matches(list []string, id int, nameOf func(int) string) bool {
	if len(list) == 0 {
		return false
	}
	if slices.Contains(list, strconv.Itoa(id)) {
		return true
	}
	name := nameOf(id)
	if _, err := strconv.Atoi(name); err == nil {
		return false
	}
	return name != "" && slices.Contains(list, name)
}
