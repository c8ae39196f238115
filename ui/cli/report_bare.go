package cli

import "tapedeck/api/report"

// acked says what an acknowledgement was of.
func (p *reportText) acked(a *report.Ack) string {
	if a.Recording != nil || a.Call == nil {
		return p.sid(a.Recording)
	}
	return bare(a.Call) + " without a recording"
}

// bare names a call or a conference that has no recording.
func bare(c *report.Call) string {
	if c.Conference {
		return "conference " + c.SID.String()
	}
	return "call " + c.SID.String()
}
