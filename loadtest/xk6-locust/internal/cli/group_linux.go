package cli

import "syscall"

// ownGroup puts the child into a process group of its own. The kernel kills the child if this process dies.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
