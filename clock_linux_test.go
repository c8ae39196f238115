package main

import (
	"bufio"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startShifted starts a program whose clock is ahead of this machine's by whole
// seconds, or behind it; its monotonic clock is this machine's. Nothing of the
// program is changed: the kernel maps code that reads the clock into each
// process, and before its first instruction that code is replaced.
func startShifted(cmd *exec.Cmd, by time.Duration) error {
	if by == 0 {
		return cmd.Start()
	}
	runtime.LockOSThread() // who starts a process as a debugger is the thread
	defer runtime.UnlockOSThread()
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Ptrace = true
	if err := cmd.Start(); err != nil {
		return err
	}
	pid := cmd.Process.Pid
	var status syscall.WaitStatus
	_, err := syscall.Wait4(pid, &status, 0, nil)
	if err == nil && !status.Stopped() {
		err = fmt.Errorf("the program is not stopped at its start: %v", status)
	}
	if err == nil {
		err = shiftClock(pid, by)
	}
	if err == nil {
		err = syscall.PtraceDetach(pid)
	}
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	return err
}

// clockCode is clock_gettime for amd64: the system call, then so many seconds
// more for the clock of the wall, which is clock 0.
var clockCode = []byte{
	0xb8, 228, 0, 0, 0, // mov eax, SYS_clock_gettime
	0x0f, 0x05, // syscall
	0x85, 0xff, // test edi, edi
	0x75, 7, // jnz to ret
	0x48, 0x81, 0x06, 0, 0, 0, 0, // add qword [rsi], seconds
	0xc3, // ret
}

// shiftClock replaces the code by which a process that is stopped reads the clock.
func shiftClock(pid int, by time.Duration) error {
	if runtime.GOARCH != "amd64" {
		return errors.ErrUnsupported
	}
	from, to, err := vdso(pid)
	if err != nil {
		return err
	}
	mem, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = mem.Close() }()
	file, err := elf.NewFile(io.NewSectionReader(mem, from, to-from))
	if err != nil {
		return err
	}
	symbols, err := file.DynamicSymbols()
	if err != nil {
		return err
	}
	for _, s := range symbols {
		if s.Name != "__vdso_clock_gettime" {
			continue
		}
		code := append([]byte(nil), clockCode...)
		if s.Size < uint64(len(code)) {
			return fmt.Errorf("the code that reads the clock has %d bytes only", s.Size)
		}
		binary.LittleEndian.PutUint32(code[14:], uint32(int32(by/time.Second)))
		_, err := mem.WriteAt(code, from+int64(s.Value))
		return err
	}
	return errors.New("the kernel maps no code that reads the clock")
}

// vdso returns where the kernel has mapped its code into a process.
func vdso(pid int) (from, to int64, err error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if strings.HasSuffix(lines.Text(), "[vdso]") {
			_, err = fmt.Sscanf(lines.Text(), "%x-%x", &from, &to)
			return from, to, err
		}
	}
	return 0, 0, errors.New("the kernel maps no code into the process")
}

// TestClock: a program whose clock is set otherwise says so, and no other.
func TestClock(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range []time.Duration{0, 2 * time.Minute, -2 * time.Minute} {
		cmd := exec.Command(self)
		cmd.Env = []string{clockEnv + "=1", "GORACE=atexit_sleep_ms=0"}
		out := &said{}
		cmd.Stdout, cmd.Stderr = out, out
		if err := startShifted(cmd, by); by != 0 && clockFixed(err) {
			t.Skip("the clock of a program cannot be set here: ", err)
		} else if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Fatal(err, out)
		}
		at, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(out.String()))
		if err != nil {
			t.Fatal(err)
		}
		if off := by - time.Until(at); off < 0 || off > patience {
			t.Errorf("a clock that is ahead by %s says %s %s ago", by, at, off)
		}
	}
}

// clockFixed reports whether the system does not let the clock of a program be
// set otherwise.
func clockFixed(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.ENOSYS)
}
