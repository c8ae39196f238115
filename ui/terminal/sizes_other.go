//go:build !unix

package terminal

// WatchSize watches nothing: a console tells its size by its input.
func (s *Screen) WatchSize(func(w, h int)) (stop func()) { return func() {} }
