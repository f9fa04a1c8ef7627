package network

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/lib/netext"
	"go.k6.io/k6/v2/lib/types"
	"golang.org/x/net/http/httpproxy"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/client"
)

// Client is the HTTP client of a user class, with k6's options.
type Client struct {
	*client.Client

	// FollowsRedirects and DiscardsBodies are the defaults of requests.
	FollowsRedirects, DiscardsBodies bool
	// Without lists headers that requests leave out.
	Without []string
	dialer  *dialer
}

// NewClient returns a client that uses the k6 options of a VU. These options take precedence over the settings.
func NewClient(settings client.Options, discardsBodies bool, state *lib.State) *Client {
	options := state.Options
	c := &Client{FollowsRedirects: true, DiscardsBodies: discardsBodies, dialer: newDialer(state)}
	if options.UserAgent.Valid {
		settings.UserAgent = options.UserAgent.String
		if settings.UserAgent == "" {
			c.Without = []string{"User-Agent"}
		}
	}
	if options.InsecureSkipTLSVerify.Valid {
		settings.VerifyCertificates = !options.InsecureSkipTLSVerify.Bool
	}
	if options.MaxRedirects.Valid {
		c.FollowsRedirects = options.MaxRedirects.Int64 > 0
		settings.MaxRedirects = int(options.MaxRedirects.Int64)
	}
	if options.DiscardResponseBodies.Valid {
		c.DiscardsBodies = options.DiscardResponseBodies.Bool
	}
	settings.DisableKeepAlive = options.NoConnectionReuse.Bool
	settings.TLS = state.TLSConfig
	settings.Proxy = proxyFinder(options.BlockedHostnames.Trie)
	if options.HTTPDebug.Valid && options.HTTPDebug.String != "" {
		settings.Debug = debug(state.Logger, options.HTTPDebug.String == "full")
	}
	if c.dialer != nil {
		settings.Dial = c.dialer.next()
		if c.dialer.local != nil {
			// If users share connections, the dialer takes the local IPs in turn.
			settings.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
				return c.dialer.next()(ctx, network, address)
			}
		}
	}
	c.Client = client.New(settings)
	return c
}

// NewSession returns a session for a new user. If k6's option localIPs is set, the session uses the next local IP.
func (c *Client) NewSession() *client.Session {
	if c.dialer == nil || c.dialer.local == nil {
		return c.Client.NewSession(nil)
	}
	return c.Client.NewSession(c.dialer.next())
}

// proxyFinder returns a function that finds the proxy of a URL in HTTP_PROXY, HTTPS_PROXY, and NO_PROXY, as in k6. It
// returns nil if no proxy is set. Behind a proxy, k6's dialer does not see the hosts of requests, so blocked hosts are
// rejected here.
func proxyFinder(blocked *types.HostnameTrie) func(*url.URL) (*url.URL, error) {
	config := httpproxy.FromEnvironment()
	if config.HTTPProxy == "" && config.HTTPSProxy == "" {
		return nil
	}
	find := config.ProxyFunc()
	return func(to *url.URL) (*url.URL, error) {
		if blocked != nil {
			if pattern, isBlocked := blocked.Contains(to.Hostname()); isBlocked {
				return nil, &client.Error{Kind: client.ErrBlockedHost, Cause: fmt.Errorf("%s matches %s", to.Hostname(), pattern)}
			}
		}
		return find(to)
	}
}

// debug returns a function that logs requests and answers in the format of k6's own client.
func debug(logger logrus.FieldLogger, withBodies bool) func(client.Exchange) {
	var last atomic.Uint64
	return func(exchange client.Exchange) {
		log := logger.WithField("request_id", last.Add(1))
		write := func(what, head string, body []byte) {
			dump := []byte(head)
			if withBodies {
				dump = append(dump, body...)
			}
			log.Infof("%s:\n%s\n", what, bytes.ReplaceAll(dump, []byte("\r\n"), []byte{'\n'}))
		}
		write("Request", exchange.RequestHead, exchange.RequestBody)
		if exchange.AnswerHead != "" {
			write("Response", exchange.AnswerHead, exchange.AnswerBody)
		}
	}
}

// dialer opens connections and applies the options of k6's dialer: DNS, hosts, blocked hosts and addresses, and local
// IPs.
type dialer struct {
	base *netext.Dialer
	// triesIPv6 makes localhost mean ::1 if 127.0.0.1 refuses the connection. k6's resolver prefers IPv4.
	triesIPv6 bool
	local     *types.IPPool
	last      atomic.Uint64
}

// newDialer returns a dialer with the options of a VU, or nil if the VU's dialer is not of k6's own type.
func newDialer(state *lib.State) *dialer {
	base, ok := state.Dialer.(*netext.Dialer)
	if !ok {
		return nil
	}
	d := &dialer{base: base, triesIPv6: !state.Options.DNS.Policy.Valid && !state.Options.Hosts.Valid}
	if state.Options.LocalIPs.Valid {
		d.local = state.Options.LocalIPs.Pool
	}
	return d
}

// next returns a function that opens connections from the next local IP.
func (d *dialer) next() client.DialFunc {
	// Use only the net.Dialer in k6's dialer, because the connections that k6's dialer opens hide the socket.
	own := d.base.Dialer
	if d.local != nil {
		own.LocalAddr = &net.TCPAddr{IP: d.local.GetIP(d.last.Add(1) - 1)}
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		opened, err := d.dial(ctx, &own, network, address)
		if port, isLocal := strings.CutPrefix(address, "localhost:"); isLocal && d.triesIPv6 && errors.Is(err, syscall.ECONNREFUSED) {
			if opened, err := d.dial(ctx, &own, network, "[::1]:"+port); err == nil {
				return opened, nil
			}
		}
		return opened, err
	}
}

// counted is a connection that adds its bytes to the VU's counters for k6's metrics data_received and data_sent. Like
// the connections of a [net.Dialer], it gives access to its socket.
type counted struct {
	net.Conn

	socket         syscall.Conn
	received, sent *int64
}

// SyscallConn implements [syscall.Conn].
func (c *counted) SyscallConn() (syscall.RawConn, error) { return c.socket.SyscallConn() }

// Count implements [client.Counter].
func (c *counted) Count(received, sent int) {
	if received > 0 {
		atomic.AddInt64(c.received, int64(received))
	}
	if sent > 0 {
		atomic.AddInt64(c.sent, int64(sent))
	}
}

// With implements [client.Counter].
func (c *counted) With(connection net.Conn) net.Conn {
	socket, isSocket := connection.(syscall.Conn)
	if !isSocket {
		return connection
	}
	return &counted{Conn: connection, socket: socket, received: c.received, sent: c.sent}
}

func (c *counted) Read(into []byte) (int, error) {
	n, err := c.Conn.Read(into)
	atomic.AddInt64(c.received, int64(n))
	return n, err //nolint:wrapcheck // callers compare it
}

func (c *counted) Write(data []byte) (int, error) {
	n, err := c.Conn.Write(data)
	atomic.AddInt64(c.sent, int64(n))
	return n, err //nolint:wrapcheck // callers compare it
}

// dial opens a connection, and counts its bytes.
func (d *dialer) dial(ctx context.Context, own *net.Dialer, network, address string) (net.Conn, error) {
	opened, err := dial(ctx, own, d.base, network, address)
	if err != nil {
		return nil, err
	}
	socket, isSocket := opened.(syscall.Conn)
	if !isSocket {
		return opened, nil
	}
	return &counted{Conn: opened, socket: socket, received: &d.base.BytesRead, sent: &d.base.BytesWritten}, nil
}

// dial looks up the address with k6's resolver, and connects.
func dial(ctx context.Context, own *net.Dialer, resolver *netext.Dialer, network, address string) (net.Conn, error) {
	type found struct {
		ip   net.IP
		port int
		err  error
	}
	result := make(chan found, 1)
	resolve := func() {
		ip, port, err := resolver.ResolveAddr(address)
		result <- found{ip, port, lookupError(err)}
	}
	if host, _, err := net.SplitHostPort(address); err == nil && net.ParseIP(host) != nil {
		resolve()
	} else {
		// k6's resolver ignores timeouts.
		go resolve()
	}
	select {
	case to := <-result:
		if to.err != nil {
			return nil, to.err
		}
		return own.DialContext(ctx, network, net.JoinHostPort(to.ip.String(), strconv.Itoa(to.port)))
	case <-ctx.Done():
		return nil, fmt.Errorf("lookup: %w", ctx.Err())
	}
}

// lookupError converts an error of k6's resolver to an error of the client.
func lookupError(err error) error {
	var (
		host    netext.BlockedHostError
		address netext.BlackListedIPError
		timeout net.Error
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &host):
		return &client.Error{Kind: client.ErrBlockedHost, Cause: err}
	case errors.As(err, &address):
		return &client.Error{Kind: client.ErrBlockedIP, Cause: err}
	case errors.As(err, &timeout) && timeout.Timeout():
		return err
	}
	return &client.Error{Kind: client.ErrLookup, Cause: err}
}

// Limit reserves a turn for the next request under k6's option rps, and returns the time to wait for this turn.
func Limit(state *lib.State) time.Duration {
	if state.RPSLimit == nil {
		return 0
	}
	return state.RPSLimit.Reserve().Delay()
}
