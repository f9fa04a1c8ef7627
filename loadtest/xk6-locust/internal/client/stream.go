package client

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"math"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
)

// Stream is the body of an answer that is read as it arrives. The body may have any length, because it is not kept.
// Always call Close, even if the body was read to its end.
type Stream struct {
	source source
	reader io.Reader
	// timeout limits each read.
	timeout time.Duration

	mu sync.Mutex
	// isReading is true while a read is waiting. isClosed is true after Close. hasEnded is true after the source has
	// ended.
	isReading, isClosed, hasEnded bool
}

// source is a body as received, before decompression.
type source interface {
	io.Reader
	// arm sets the time at which reads fail, and disarm may remove it, because no read is waiting.
	arm(deadline time.Time) error
	disarm()
	// abort makes a waiting read fail.
	abort()
	// end releases the connection. The connection is reused if the body was read to its end.
	end()
}

func newStream(from source, encoding string, timeout time.Duration) *Stream {
	return &Stream{source: from, reader: &decoder{source: from, encoding: encoding}, timeout: timeout}
}

// Read reads the next part of a body on a goroutine of the client, and calls done there. At the end of the body, the
// error is [io.EOF]. Any other error is an *Error. Call Read again only after done has been called without an error.
func (c *Client) Read(s *Stream, into []byte, done func(n int, err error)) {
	// A stream may be silent for a long time. Meanwhile, it must not occupy a goroutine that a request needs.
	c.goroutines.adjustLimit(1)
	isRunning := c.goroutines.run(func() {
		defer c.goroutines.adjustLimit(-1)
		done(s.read(into))
	})
	if !isRunning {
		go done(0, &Error{Kind: ErrClosed})
	}
}

// read waits for the next part of the body.
func (s *Stream) read(into []byte) (int, error) {
	s.mu.Lock()
	if s.isClosed || s.hasEnded {
		defer s.mu.Unlock()
		if s.isClosed {
			return 0, &Error{Kind: ErrClosed}
		}
		return 0, io.EOF
	}
	s.isReading = true
	s.mu.Unlock()
	n, err := s.next(into)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isReading = false
	if s.isClosed {
		n, err = 0, &Error{Kind: ErrClosed}
	}
	if err != nil {
		s.end()
	}
	return n, err
}

func (s *Stream) next(into []byte) (int, error) {
	if err := s.source.arm(time.Now().Add(s.timeout)); err != nil {
		return 0, classify(err)
	}
	defer s.source.disarm()
	n, err := s.reader.Read(into)
	if err == nil || errors.Is(err, io.EOF) {
		return n, err //nolint:wrapcheck // io.EOF
	}
	return n, classify(err)
}

// end releases the connection, unless this was already done. The caller holds mu.
func (s *Stream) end() {
	if !s.hasEnded {
		s.hasEnded = true
		s.source.end()
	}
}

// Close ends the stream and a waiting read. If the body was not read to its end, Close also closes its connection, or
// its HTTP/2 stream. Any goroutine may call it, even several times.
func (s *Stream) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isClosed {
		return
	}
	s.isClosed = true
	if s.isReading {
		s.source.abort()
		return
	}
	s.end()
}

// decoder decompresses a body as it arrives.
type decoder struct {
	source   io.Reader
	encoding string
	// reader is nil until the first read, because decompressors begin by reading a header.
	reader io.Reader
	// failure is the error of the source.
	failure error
}

// Read returns [io.EOF] at the end of the body, an error of the source, or an *Error if the body cannot be
// decompressed.
func (d *decoder) Read(into []byte) (n int, err error) {
	if d.reader == nil {
		d.reader, err = d.open()
	}
	if err == nil {
		n, err = d.reader.Read(into)
	}
	switch {
	case err == nil:
		return n, nil
	case d.failure == nil && errors.Is(err, io.EOF):
		// The compressed data has ended. The connection can be reused only if the body ends there, too.
		_, _ = received{d}.Read(make([]byte, 1))
	}
	if d.failure != nil && !errors.Is(d.failure, io.EOF) {
		return n, d.failure
	}
	if err == io.EOF { //nolint:errorlint // a wrapped io.EOF is a different error
		return n, io.EOF
	}
	return n, &Error{Kind: ErrEncoding, Cause: err}
}

// received reads the compressed body and keeps the error of the source.
type received struct{ *decoder }

func (r received) Read(into []byte) (int, error) {
	n, err := r.source.Read(into)
	if err != nil {
		r.failure = err
	}
	return n, err //nolint:wrapcheck // decompressors compare it
}

// open returns a reader for the encodings of a Content-Encoding header.
func (d *decoder) open() (io.Reader, error) {
	layers, err := encodingsOf(d.encoding)
	var reader io.Reader = received{d}
	for _, name := range layers {
		if err != nil {
			break
		}
		// Without a buffer, the readers of gzip and deflate would read more than they need.
		buffered := bufio.NewReader(reader)
		// An empty body is never compressed.
		if _, err = buffered.Peek(1); err != nil {
			break
		}
		switch name {
		case gzipEncoding:
			reader, err = gzip.NewReader(buffered)
		case deflateEncoding:
			if start, _ := buffered.Peek(2); isZlib(start) {
				reader, err = zlib.NewReader(buffered)
			} else {
				reader = flate.NewReader(buffered)
			}
		case brotliEncoding:
			reader = brotli.NewReader(buffered)
		}
	}
	return reader, err //nolint:wrapcheck // Read converts it
}

// wireBody is the body of an HTTP/1.1 answer.
type wireBody struct {
	wire *wire
	pool *pool
	// left is the number of bytes until the end of the chunk, or of the body if it has no chunks.
	left int64
	// isChunked is true if chunks follow. isUntilEnd is true if the body ends with the connection.
	isChunked, isUntilEnd bool
	// isFirst is true before the first chunk.
	isFirst bool
	// keepAlive is true if the connection can be reused.
	keepAlive bool
	isWhole   bool
}

// streamHTTP1 returns the body that follows the header of an answer. If the body is empty, the connection is free at
// once.
func streamHTTP1(p *pool, w *wire, a *answer, h *hop) *Stream {
	body := newWireBody(p, w, a, h.method)
	s := newStream(body, a.encoding, h.timeout)
	if body.isWhole {
		s.end()
	}
	return s
}

func newWireBody(p *pool, w *wire, a *answer, method string) *wireBody {
	b := &wireBody{wire: w, pool: p, isFirst: true, keepAlive: a.keepAlive}
	switch {
	case hasNoBody(method, a.status):
	case a.framing.isChunked:
		b.isChunked = true
	case a.framing.length >= 0:
		b.left = a.framing.length
	default:
		b.left, b.isUntilEnd, b.keepAlive = math.MaxInt64, true, false
	}
	b.isWhole = b.left == 0 && !b.isChunked
	return b
}

// Read implements [io.Reader].
func (b *wireBody) Read(into []byte) (int, error) {
	w := b.wire
	if b.left == 0 && b.isChunked {
		var err error
		if b.left, err = w.nextChunk(b.isFirst); err != nil {
			return 0, asUnexpectedEOF(err)
		}
		b.isFirst = false
		b.isWhole = b.left == 0
	}
	if b.isWhole {
		b.isChunked = false
		return 0, io.EOF
	}
	part := into[:min(int64(len(into)), b.left)]
	n := copy(part, w.in[w.read:w.filled])
	w.read += n
	if n == 0 {
		var err error
		if n, err = w.receive(part); err != nil {
			if b.isUntilEnd && errors.Is(err, io.EOF) {
				b.isWhole = true
				return 0, io.EOF
			}
			return 0, asUnexpectedEOF(err)
		}
	}
	b.left -= int64(n)
	if b.left == 0 && !b.isChunked {
		// The connection is free now, even if the script does not read on.
		b.isWhole = true
		return n, io.EOF
	}
	return n, nil
}

// asUnexpectedEOF returns the error of a body that ends too early. Only its real end is [io.EOF].
func asUnexpectedEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (b *wireBody) arm(deadline time.Time) error {
	b.wire.deadline = deadline
	return b.wire.conn.arm(time.Now(), deadline, true)
}

func (*wireBody) disarm() {}

func (b *wireBody) abort() { b.wire.conn.interrupt() }

func (b *wireBody) end() {
	used, isReusable := b.wire.conn, b.isWhole && b.keepAlive && b.wire.read == b.wire.filled
	b.wire.free()
	b.pool.release(used.server, used, isReusable)
}
