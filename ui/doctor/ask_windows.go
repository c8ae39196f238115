package doctor

import (
	"errors"
	"os"
	"time"
)

// ask asks nothing: a console is not asked by sequences.
func ask(_, _ *os.File, _ time.Duration) *answers {
	return &answers{err: errors.New("a console of Windows answers no questions")}
}
