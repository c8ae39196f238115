package serve

// Sessions returns how many sessions are connected.
func (s *Server) Sessions() int { return len(s.sessions.sorted()) }
