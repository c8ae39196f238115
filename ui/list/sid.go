package list

// sid returns the recording's SID as it is shown, or that of the call that has
// none: never longer than what tells two apart can cost.
func (r *row) sid() string {
	if r.lack != nil {
		return r.lack.SID().SID()
	}
	return r.rec.SID.SID()
}
