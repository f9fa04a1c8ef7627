package cli

import "syscall"

// ownGroup puts the child into its own process group. The kernel sends SIGTERM to the child if this process dies.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
