package list

// sid returns the recording's SID as it is shown: never longer than what tells
// two apart can cost.
func (r *row) sid() string { return r.rec.SID.SID() }
