//go:build !linux

package client

import "github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/loop"

// Starter sends requests with [Client.Go]. On Linux, it can send them on the goroutine of a loop instead.
type Starter struct{ client *Client }

// NewStarter returns a Starter. It ignores the loop.
func (c *Client) NewStarter(*loop.Loop) *Starter { return &Starter{client: c} }

// Go sends a request and calls done on another goroutine.
func (s *Starter) Go(request *Request, done func(response *Response, isOnLoop bool)) {
	s.client.Go(request, func(response *Response) { done(response, false) })
}

// returnToScheduler does nothing, because no connection belongs to a loop.
func (*pool) returnToScheduler(*conn) error { return nil }
