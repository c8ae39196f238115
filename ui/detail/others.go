package detail

import (
	"tapedeck/ui/theme"
)

// others adds who else is at work on the recording: the questions about it that
// are open on other screens. An update of somebody else is said already.
func (b *builder) others() {
	for _, o := range b.rec.Asking {
		words := o.Words()
		if o.Actor == b.actor {
			words = "another screen of yours is " + o.Doing()
		}
		b.wrapped(theme.Warn, words)
	}
}
