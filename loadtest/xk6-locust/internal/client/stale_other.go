//go:build !unix

package client

import "net"

// isStale returns false, because this system cannot check a connection without blocking.
func isStale(net.Conn) bool { return false }
