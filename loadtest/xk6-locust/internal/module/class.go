package module

import (
	"errors"
	"fmt"
	"time"

	"go.k6.io/k6/v2/lib"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/client"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/engine"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/network"
)

// class is a user class as the script defines it.
type class struct {
	engine.Class

	HTTP *httpSettings `json:"http"`
	// client is shared by all users of the class.
	client *network.Client
	// starter sends the requests of the class from this VU.
	starter *client.Starter
	// idle contains this VU's idle users in an open loop, in the order in which they became idle.
	idle []*user
}

// httpSettings contains the settings of an HttpUser class for its client.
type httpSettings struct {
	PoolSize          int         `json:"poolSize"`
	Concurrency       int         `json:"concurrency"`
	MaxBodyBytes      int64       `json:"maxBodyBytes"`
	DiscardBodies     bool        `json:"discardBodies"`
	ConnectionTimeout float64     `json:"connectionTimeout"`
	NetworkTimeout    float64     `json:"networkTimeout"`
	MaxRedirects      int         `json:"maxRedirects"`
	Insecure          bool        `json:"insecure"`
	HTTP2             string      `json:"http2"`
	Headers           [][2]string `json:"headers"`
}

var (
	errHost        = errors.New("host must be a URL such as http://127.0.0.1:8000")
	errPoolSize    = errors.New("poolSize must be an integer of at least 0; 0 gives each user its own connections")
	errPool        = errors.New("concurrency limits the connections of each user, but poolSize makes all users share connections: remove one of them")
	errConcurrency = errors.New("concurrency must be an integer of at least 1")
	errBodyBytes   = errors.New("maxBodyBytes must be an integer of at least 1")
	errRedirects   = errors.New("maxRedirects must be an integer of at least 1; to follow no redirects, set allowRedirects: false on the request")
	errTimeout     = fmt.Errorf("connectionTimeout and networkTimeout must be above 0 and at most %d seconds", maxSeconds)
	errHTTP2       = errors.New("http2 must be auto, prior-knowledge, or off")
)

// http2Modes maps the values of http2 to the client's modes.
var http2Modes = map[string]client.HTTP2{
	"auto": client.HTTP2Auto, "off": client.HTTP2Off, "prior-knowledge": client.HTTP2PriorKnowledge,
}

func isHTTP2Mode(text string) bool {
	_, ok := http2Modes[text]
	return ok
}

// check returns an error for the first setting that is out of range. checks.js has already checked the types.
func (c *class) check() error {
	var err error
	switch http := c.HTTP; {
	case c.Host != "" && (!locust.IsHost(c.Host) || http != nil && !absoluteURL.MatchString(c.Host)):
		err = fmt.Errorf("%w, got %q", errHost, c.Host)
	case http == nil:
	case http.PoolSize < 0:
		err = errPoolSize
	case http.Concurrency < 1:
		err = errConcurrency
	case http.PoolSize > 0 && http.Concurrency != client.DefaultConcurrency:
		err = errPool
	case http.MaxBodyBytes < 1:
		err = errBodyBytes
	case http.MaxRedirects < 1:
		err = errRedirects
	case !isTimeout(http.ConnectionTimeout) || !isTimeout(http.NetworkTimeout):
		err = errTimeout
	case !isHTTP2Mode(http.HTTP2):
		err = fmt.Errorf("%w, got %q", errHTTP2, http.HTTP2)
	}
	if err != nil {
		return fmt.Errorf("locust: %s: %w", c.Name, err)
	}
	return nil
}

// maxSeconds is the longest timeout. It must equal MAX_SECONDS in checks.js.
const maxSeconds = 1_000_000_000

func isTimeout(seconds float64) bool { return seconds > 0 && seconds <= maxSeconds }

// seconds converts a number of seconds to a duration.
func seconds(number float64) time.Duration { return time.Duration(number * float64(time.Second)) }

// newClient creates the client that all users of the class share, with k6's options.
func (s *httpSettings) newClient(state *lib.State) *network.Client {
	return network.NewClient(client.Options{
		PoolSize: s.PoolSize, Concurrency: s.Concurrency, MaxBodyBytes: s.MaxBodyBytes, ConnectTimeout: seconds(s.ConnectionTimeout), NetworkTimeout: seconds(s.NetworkTimeout),
		MaxRedirects: s.MaxRedirects, VerifyCertificates: !s.Insecure, HTTP2: http2Modes[s.HTTP2],
	}, s.DiscardBodies, state)
}
