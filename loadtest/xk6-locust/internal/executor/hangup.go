package executor

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

var hangup sync.Once

// endOnHangup makes SIGHUP end a run like SIGTERM, so that onStop of the users runs and all reports are written.
// Without this, k6 would exit immediately. If k6 was started with nohup, the run continues.
func endOnHangup() {
	hangup.Do(func() {
		if signal.Ignored(syscall.SIGHUP) {
			return
		}
		received := make(chan os.Signal, 1)
		signal.Notify(received, syscall.SIGHUP)
		go func() {
			for range received {
				if self, err := os.FindProcess(os.Getpid()); err == nil {
					_ = self.Signal(syscall.SIGTERM)
				}
			}
		}()
	})
}
