package deck

import "tapedeck/api/journal"

// Actor is who asks for something: the person, how that person came in, and the
// screen. It goes with each request, acknowledgement, auto-resume and reveal into
// every entry of the journal that comes of it, however much later. The deck
// itself has none. Snapshots have the name of an actor, by its Name method, and
// nothing else of it. The zero value is nobody who is known.
type Actor = journal.Who
