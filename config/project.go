package config

// loadProject reads of space, project and profile what there is, from the first
// source that has any of them, for a client of tapedeck serve. What is missing or
// cannot be used is no problem: a service has its own.
func (l *loader) loadProject() {
	before := len(l.problems)
	defer func() { l.problems = l.problems[:before] }()
	if !l.chooseProfile() {
		l.cfg.Profile = l.missingProfile()
		l.showCredentials(credentials{})
		return
	}
	l.cfg.Profile = l.profile
	for _, c := range l.candidates() {
		if !c.any() {
			continue
		}
		c.token = writtenToken{} // it is the service's that counts
		l.cfg.Profile = c.profile
		if space, err := parseSpace(c.space.value); err == nil && c.space.err == nil {
			l.cfg.Space = space
		}
		if c.project.err == nil && checkProject(c.project.value) == nil {
			l.cfg.Project = c.project.value
		}
		l.showCredentials(c)
		return
	}
	l.showCredentials(credentials{})
}

// missingProfile returns the name of the profile that was asked for and that the
// file does not have; empty where the name cannot be read.
func (l *loader) missingProfile() string {
	if name := l.in.Flags["profile"]; name != "" {
		return name
	}
	if name := l.env.value("TAPEDECK_PROFILE"); name != "" {
		return name
	}
	if l.file == nil {
		return ""
	}
	name, _ := l.file.top().text("default_profile")
	return name
}
