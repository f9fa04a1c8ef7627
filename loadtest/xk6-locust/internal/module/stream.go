package module

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/grafana/sobek"
	"go.k6.io/k6/v2/js/common"

	"github.com/autocomplete-helm/autocomplete/loadtest/xk6-locust/internal/client"
)

const (
	// minStreamBuffer and maxStreamBuffer limit the size of a stream's buffer. Only a longer line makes the buffer
	// larger.
	minStreamBuffer = 4 << 10
	maxStreamBuffer = 64 << 10
)

var (
	errNoStream      = errors.New("needs the option stream: true")
	errStreamClosed  = errors.New("the stream is closed: it ends with catchResponse or with the task that has opened it")
	errStreamWaits   = errors.New("await the previous read() or readLine() first")
	errStreamBody    = errors.New("the body is a stream: call readLine() or read(), or remove stream: true")
	errStreamDiscard = errors.New("stream and discardBody exclude each other: a stream keeps no body")
)

// stream is the body of a response that the script reads as it arrives.
type stream struct {
	// body is nil if there was no answer.
	body  *client.Stream
	class *class
	user  *user
	web   *web
	// depth is the value of [user.depth] when the stream was opened.
	depth int
	// buffer[from:to] was received but not yet read by the script. buffer[from:searched] contains no line break.
	buffer             []byte
	from, to, searched int
	// length is the number of bytes that the script has read.
	length int64
	// err is io.EOF at the end of the body, or another error. failure is the JavaScript error for it.
	err     error
	failure sobek.Value
	// isWaiting is true while a read of the script waits for the client.
	isWaiting, isClosed bool
}

// openStream returns the stream of a response. It belongs to the user until it ends.
func (u *user) openStream(w *web, body *client.Stream) *stream {
	s := &stream{body: body, class: u.class, user: u, web: w, depth: u.depth}
	if body == nil {
		s.err = io.EOF
		return s
	}
	if u.streams == nil {
		u.streams = map[*stream]struct{}{}
	}
	u.streams[s] = struct{}{}
	return s
}

// close ends the stream for the script.
func (s *stream) close() {
	s.isClosed = true
	s.release()
}

// release closes the connection, unless the body was read to its end.
func (s *stream) release() {
	if s.body != nil {
		s.body.Close()
	}
	delete(s.user.streams, s)
}

// closeStreams closes the open streams for which isClosing returns true.
func (u *user) closeStreams(isClosing func(s *stream) bool) {
	for s := range u.streams {
		if isClosing(s) {
			s.close()
		}
	}
}

// line returns the next line without its line break. At the end of the body, the line break may be missing. It returns
// nil if no complete line has arrived.
func (s *stream) line() []byte {
	at := bytes.IndexByte(s.buffer[s.searched:s.to], '\n')
	if at < 0 {
		s.searched = s.to
		if !errors.Is(s.err, io.EOF) || s.from == s.to {
			return nil
		}
		return s.take(s.to)
	}
	line := s.take(s.searched + at + 1)
	return bytes.TrimSuffix(line[:len(line)-1], []byte{'\r'})
}

// take returns the bytes up to a position, and removes them.
func (s *stream) take(to int) []byte {
	taken := s.buffer[s.from:to:to]
	s.length += int64(len(taken))
	s.from, s.searched = to, max(to, s.searched)
	return taken
}

// room returns the free part of the buffer. If there is none, it makes room first.
func (s *stream) room() []byte {
	switch {
	case s.from == s.to:
		if s.to == len(s.buffer) && len(s.buffer) < maxStreamBuffer {
			// The received bytes filled the buffer, so more have probably arrived.
			s.buffer = make([]byte, max(minStreamBuffer, 2*len(s.buffer)))
		}
		s.from, s.to, s.searched = 0, 0, 0
	case s.to == len(s.buffer) && s.from > 0:
		s.to = copy(s.buffer, s.buffer[s.from:s.to])
		s.from, s.searched = 0, s.to
	case s.to == len(s.buffer):
		s.buffer = append(s.buffer, make([]byte, len(s.buffer))...)
	}
	return s.buffer[s.to:]
}

// defineStream adds the methods that read the body of a response in parts.
func (n *native) defineStream() {
	rt, prototype := n.vu.Runtime(), n.responses.prototype
	method := func(name string, do func(r *response, call sobek.FunctionCall) sobek.Value) {
		throwIfError(rt, prototype.Set(name, func(call sobek.FunctionCall) sobek.Value {
			r := n.responses.unwrap(call.This)
			if r.stream == nil {
				panic(rt.NewTypeError(name + "() " + errNoStream.Error()))
			}
			return do(r, call)
		}))
	}
	method("readLine", func(r *response, _ sobek.FunctionCall) sobek.Value {
		return n.receive(r, func() sobek.Value {
			if line := r.stream.line(); line != nil {
				return rt.ToValue(strings.ToValidUTF8(string(line), "\uFFFD"))
			}
			return nil
		})
	})
	method("read", func(r *response, call sobek.FunctionCall) sobek.Value {
		limit, argument := int64(math.MaxInt64), call.Argument(0)
		if !sobek.IsUndefined(argument) {
			var isInteger bool
			if limit, isInteger = argument.Export().(int64); !isInteger || limit < 1 {
				common.Throw(rt, fmt.Errorf("locust: %w", wrongValue("the argument of read()", "an integer of at least 1", argument)))
			}
		}
		return n.receive(r, func() sobek.Value {
			s := r.stream
			if s.from == s.to {
				return nil
			}
			return rt.ToValue(rt.NewArrayBuffer(bytes.Clone(s.take(s.from + int(min(limit, int64(s.to-s.from)))))))
		})
	})
	method("close", func(r *response, _ sobek.FunctionCall) sobek.Value {
		r.stream.close()
		return sobek.Undefined()
	})
}

// receive returns a promise for the first result of take that is not nil. At the end of the body, the promise is
// resolved with null.
func (n *native) receive(r *response, take func() sobek.Value) sobek.Value {
	rt, s := n.vu.Runtime(), r.stream
	if n.running().users[s.user.handle] != s.user {
		panic(n.script.stop)
	}
	switch {
	case s.isWaiting:
		panic(rt.NewTypeError(errStreamWaits.Error()))
	case s.isClosed:
		panic(rt.NewTypeError(errStreamClosed.Error()))
	}
	promise, op := n.runtime.begin(s.user)
	if op != nil {
		throwIfError(rt, n.advance(r, op, take))
	}
	return rt.ToValue(promise)
}

// advance resolves the promise of a read, or waits for more bytes.
func (n *native) advance(r *response, op *operation, take func() sobek.Value) error {
	s := r.stream
	if value := take(); value != nil {
		s.user.end(op)
		return op.resolve(value)
	}
	if s.err == nil && !s.isClosed && int64(s.to-s.from) > s.class.HTTP.MaxBodyBytes {
		s.err = &client.Error{Kind: client.ErrLineTooLong}
	}
	if s.err == nil && !s.isClosed {
		n.wait(r, op, take)
		return nil
	}
	s.user.end(op)
	s.release()
	if s.isClosed || errors.Is(s.err, io.EOF) {
		return op.resolve(sobek.Null())
	}
	if s.failure == nil {
		r.answer.Err = s.err
		failure, err := n.vu.Runtime().New(n.vu.Runtime().GlobalObject().Get("Error"),
			n.vu.Runtime().ToValue(fmt.Sprintf("%s %s: %v", r.key.Method, r.key.Name, s.err)))
		if err != nil {
			return err
		}
		s.failure = failure
	}
	return op.reject(s.failure)
}

// wait reads from the connection, and then calls advance again.
func (n *native) wait(r *response, op *operation, take func() sobek.Value) {
	s, v := r.stream, n.runtime
	s.isWaiting = true
	v.clientOf(s.class).Read(s.body, s.room(), func(count int, err error) {
		v.post(func() error {
			s.isWaiting = false
			s.to += count
			s.err = err
			// The request was counted before, or will be counted much later, but its bytes count now.
			v.samples.schedule()
			// As in Locust, a user that has stopped does not continue.
			if _, isPending := s.user.pending[op]; !isPending {
				return nil
			}
			return n.advance(r, op, take)
		})
	})
}
