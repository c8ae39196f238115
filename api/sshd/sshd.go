// Package sshd is the SSH server of the service: who gets in, by which key or
// certificate, and what a connection may ask for. It knows nothing of screens,
// decks and settings: whoever serves a session is a [Handler].
//
// A key is the only way in: there are no passwords, no keyboard-interactive and
// no "none". What was proven is an [Identity], which belongs to the connection
// and never changes. The user name is what the client says, and decides nothing.
//
// Keys are in a file in the form of OpenSSH's authorized_keys ([ParseKeys]), and
// certificates are signed by the authorities of another one ([ParseAuthorities]).
// Both are read by this package alone: a line that it does not understand wholly
// lets nobody in, and says so by its number.
package sshd
