package module

import (
	"errors"
	"fmt"
	"time"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/client"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/engine"
	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/locust"
)

// class is a user class as the script defines it.
type class struct {
	engine.Class

	HTTP *httpSettings `json:"http"`
	// client is shared by all users of the class.
	client *client.Client
}

// httpSettings are the settings of an HttpUser class for its client.
type httpSettings struct {
	PoolSize          int         `json:"poolSize"`
	ConnectionTimeout float64     `json:"connectionTimeout"`
	NetworkTimeout    float64     `json:"networkTimeout"`
	MaxRedirects      int         `json:"maxRedirects"`
	Insecure          bool        `json:"insecure"`
	HTTP2             string      `json:"http2"`
	Headers           [][2]string `json:"headers"`
}

var (
	errHost      = errors.New("host must be a URL such as http://127.0.0.1:8000")
	errPoolSize  = errors.New("poolSize must be an integer of at least 1")
	errRedirects = errors.New("maxRedirects must be an integer of at least 1; to follow no redirects, set allowRedirects: false on the request")
	errTimeout   = errors.New("connectionTimeout and networkTimeout must be above 0 seconds")
	errHTTP2     = errors.New("http2 must be auto, prior-knowledge, or off")
)

// http2Modes maps the values of http2 to the client's modes.
var http2Modes = map[string]client.HTTP2{
	"auto": client.HTTP2Auto, "off": client.HTTP2Off, "prior-knowledge": client.HTTP2PriorKnowledge,
}

func isHTTP2Mode(text string) bool {
	_, ok := http2Modes[text]
	return ok
}

// check returns the first setting that is out of range. checks.js has checked the types.
func (c *class) check() error {
	var err error
	switch http := c.HTTP; {
	case c.Host != "" && !locust.IsHost(c.Host):
		err = fmt.Errorf("%w, got %q", errHost, c.Host)
	case http == nil:
	case http.PoolSize < 1:
		err = errPoolSize
	case http.MaxRedirects < 1:
		err = errRedirects
	case !(http.ConnectionTimeout > 0) || !(http.NetworkTimeout > 0):
		err = errTimeout
	case !isHTTP2Mode(http.HTTP2):
		err = fmt.Errorf("%w, got %q", errHTTP2, http.HTTP2)
	}
	if err != nil {
		return fmt.Errorf("locust: %s: %w", c.Name, err)
	}
	return nil
}

// seconds converts a number of seconds to a duration.
func seconds(number float64) time.Duration { return time.Duration(number * float64(time.Second)) }

// newClient creates the client that all users of the class share.
func (s *httpSettings) newClient() *client.Client {
	return client.New(client.Options{
		PoolSize: s.PoolSize, ConnectTimeout: seconds(s.ConnectionTimeout), NetworkTimeout: seconds(s.NetworkTimeout),
		MaxRedirects: s.MaxRedirects, VerifyCertificates: !s.Insecure, HTTP2: http2Modes[s.HTTP2],
	})
}
