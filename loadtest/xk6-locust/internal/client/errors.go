package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// Kind says why a request has no usable answer. Its text is the message of an Error. The text contains no address,
// port, or URL, because each distinct text becomes a separate row in the table of failures.
type Kind string

// The kinds of errors.
const (
	ErrURL             Kind = "invalid URL"
	ErrMethod          Kind = "invalid method"
	ErrHeader          Kind = "invalid header"
	ErrLookup          Kind = "host not found"
	ErrBlockedHost     Kind = "host blocked by the option blockHostnames"
	ErrBlockedIP       Kind = "IP address blocked by the option blacklistIPs"
	ErrProxyURL        Kind = "invalid proxy URL"
	ErrProxy           Kind = "proxy refused the connection"
	ErrRefused         Kind = "connection refused"
	ErrUnreachable     Kind = "host unreachable"
	ErrConnectTimeout  Kind = "connecting timed out"
	ErrConnection      Kind = "connection failed"
	ErrNoPorts         Kind = "no local port is free"
	ErrOpenFiles       Kind = "too many open files"
	ErrPoolWait        Kind = "waiting for a free connection timed out"
	ErrTLS             Kind = "TLS handshake failed"
	ErrCertificate     Kind = "certificate not trusted"
	ErrClientCert      Kind = "client certificate missing or rejected"
	ErrTimeout         Kind = "timed out"
	ErrReset           Kind = "connection reset"
	ErrCut             Kind = "connection closed before the end of the answer"
	ErrStream          Kind = "HTTP/2 error"
	ErrAnswer          Kind = "malformed answer"
	ErrHeaderTooLarge  Kind = "response headers too large"
	ErrBodyTooLarge    Kind = "response body too large"
	ErrLineTooLong     Kind = "response line too long"
	ErrEncoding        Kind = "response body cannot be decompressed"
	ErrRedirects       Kind = "too many redirects"
	ErrRedirectAddress Kind = "redirect to an invalid address"
	ErrClosed          Kind = "client closed"
)

// Error returns the text of the kind.
func (k Kind) Error() string { return string(k) }

// Error says why a request failed. errors.Is finds its Kind and its Cause.
type Error struct {
	Kind Kind
	// Cause contains the details, such as addresses. It may be nil.
	Cause error
}

// Error returns only the text of the kind.
func (e *Error) Error() string { return string(e.Kind) }

// Unwrap returns the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// classify converts a network error into an Error with a kind.
func classify(err error) *Error {
	if known := (*Error)(nil); errors.As(err, &known) {
		return known
	}
	return &Error{Kind: kindOf(err), Cause: err}
}

func kindOf(err error) Kind {
	var (
		kind        Kind
		lookup      *net.DNSError
		certificate *tls.CertificateVerificationError
		authority   x509.UnknownAuthorityError
		hostname    x509.HostnameError
		record      tls.RecordHeaderError
		alert       tls.AlertError
		operation   *net.OpError
	)
	switch {
	case errors.As(err, &kind):
		return kind
	case isTimeout(err):
		return ErrTimeout
	// Only the Close methods close connections that are in use.
	case errors.Is(err, net.ErrClosed), errors.Is(err, context.Canceled):
		return ErrClosed
	case errors.Is(err, syscall.ECONNREFUSED):
		return ErrRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNABORTED):
		return ErrReset
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return ErrCut
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return ErrUnreachable
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EADDRINUSE):
		return ErrNoPorts
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return ErrOpenFiles
	case errors.As(err, &lookup):
		return ErrLookup
	case errors.As(err, &certificate), errors.As(err, &authority), errors.As(err, &hostname):
		return ErrCertificate
	case errors.As(err, &operation) && operation.Op == "remote error":
		return remoteAlert(operation.Err.Error())
	case errors.As(err, &record), errors.As(err, &alert):
		return ErrTLS
	}
	return ErrConnection
}

// remoteAlert returns the kind for the text of a TLS alert that the server sent. crypto/tls does not export the type of
// such alerts.
func remoteAlert(text string) Kind {
	switch text {
	case "tls: certificate required", "tls: bad certificate", "tls: unknown certificate authority", "tls: unknown certificate",
		"tls: expired certificate", "tls: revoked certificate", "tls: unsupported certificate":
		return ErrClientCert
	}
	return ErrTLS
}

func isTimeout(err error) bool {
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
