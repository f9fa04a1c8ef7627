//go:build unix

package client

import (
	"crypto/tls"
	"net"
	"syscall"
)

// isStale reports whether an idle connection is unusable because the server closed it or sent unexpected data.
func isStale(connection net.Conn) bool {
	if secure, ok := connection.(*tls.Conn); ok {
		connection = secure.NetConn()
	}
	socket, ok := connection.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return true
	}
	stale := false
	err = raw.Read(func(descriptor uintptr) bool {
		var one [1]byte
		// A healthy idle connection has nothing to read. The socket does not block.
		_, err := syscall.Read(int(descriptor), one[:])
		stale = err != syscall.EAGAIN && err != syscall.EINTR
		return true
	})
	return stale || err != nil
}
