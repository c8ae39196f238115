//go:build unix

package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"testing"
)

func TestNotifyContext(t *testing.T) {
	ctx, stop := NotifyContext(t.Context(), func(int) { t.Error("exit was called") })
	if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if e, ok := errors.AsType[*SignalError](context.Cause(ctx)); !ok || e.ExitCode() != 130 {
		t.Errorf("cause %v, want SIGINT", context.Cause(ctx))
	}
	stop()

	signal.Ignore(syscall.SIGHUP)
	defer signal.Reset(syscall.SIGHUP)
	_, stop = NotifyContext(t.Context(), func(int) {})
	defer stop()
	if !signal.Ignored(syscall.SIGHUP) {
		t.Error("SIGHUP is no longer ignored, as it should be under nohup")
	}
}
