package client

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// readBuffer is the initial size of the buffer for received bytes. Most headers and many small answers fit.
	readBuffer = 4 << 10
	// keptBuffer is the maximum size of a buffer that is reused.
	keptBuffer = 64 << 10
	// maxHeader limits the header of an answer, as in net/http's server.
	maxHeader = 1 << 20
	// maxChunkLine limits each line between chunks and in the trailer.
	maxChunkLine = 4 << 10
	// maxInterim limits the 1xx answers before the final one.
	maxInterim = 10
	// trustedLength limits the memory that a Content-Length reserves before the body arrives.
	trustedLength = 1 << 20
	// joinedBody is the maximum size of a body that is sent in one write with the header. Larger bodies are not copied.
	joinedBody = 16 << 10
)

// wire sends one request over a connection and reads the answer. It owns the buffers, so idle connections need none.
type wire struct {
	conn     *conn
	deadline time.Time
	// in[read:filled] contains the bytes that were received but not yet used.
	in           []byte
	read, filled int
	out          []byte
	// received is true if at least one byte arrived.
	received bool
	// end is the error with which readAnswer fails if bytes are missing. If it is nil, readAnswer waits for them.
	end error
}

var errIncomplete = errors.New("the answer is incomplete")

var wires = sync.Pool{New: func() any { return &wire{in: make([]byte, readBuffer)} }}

func newWire(conn *conn, deadline time.Time) *wire {
	w := wires.Get().(*wire) //nolint:forcetypeassert // the pool contains only wires
	w.conn, w.deadline = conn, deadline
	w.read, w.filled, w.received, w.end = 0, 0, false, nil
	return w
}

func (w *wire) free() {
	w.conn = nil
	if len(w.in) <= keptBuffer && cap(w.out) <= keptBuffer {
		wires.Put(w)
	}
}

// answer is one answer to one request, before redirects and decompression.
type answer struct {
	status int
	// reason is the text after the status. It may be empty.
	reason string
	proto  string
	header Header
	body   []byte
	// length is the length of the body as received, even if it was discarded.
	length      int64
	framing     framing
	encoding    string
	location    string
	setsCookies bool
	// stream is the body if it has not been read.
	stream *Stream
	// keepAlive is true if the connection can be reused.
	keepAlive bool
	// headAt is the time at which the header was complete.
	headAt time.Time
}

// framing describes how the body ends.
type framing struct {
	// length is the declared length, or -1.
	length    int64
	isChunked bool
}

// exchange sends a request and reads the answer. If it returns an error, the answer may still have a status.
func (w *wire) exchange(h *hop, userAgent string, maxBody int64) (answer, error) {
	var a answer
	var err, sendErr error
	if isJoined := w.prepare(h, userAgent); isJoined {
		if sendErr = w.write(w.out); sendErr == nil || !isTimeout(sendErr) {
			a, err = w.answer(h, maxBody)
		}
	} else {
		a, err, sendErr = w.exchangeLong(h, maxBody)
	}
	if sendErr != nil && isTimeout(sendErr) {
		return answer{}, sendErr
	}
	// A server may answer and close before it has read the whole body. In this case, the answer is more informative
	// than the write error.
	if sendErr != nil {
		if err != nil {
			err = sendErr
		}
		a.keepAlive = false
	}
	return a, err
}

// exchangeLong sends a request with a long body, and reads the answer while it sends the body. Otherwise, a server that
// answers at length before it has read the whole body would wait for the client, and the client for the server.
func (w *wire) exchangeLong(h *hop, maxBody int64) (a answer, err, sendErr error) {
	sent := make(chan error, 1)
	go func(conn net.Conn, head []byte) {
		_, err := conn.Write(head)
		if err == nil {
			_, err = conn.Write(h.body)
		}
		sent <- err
	}(w.conn, w.out)
	if a, err = w.answer(h, maxBody); err != nil {
		// The connection will be closed, so the rest of the body is not sent.
		_ = w.conn.SetWriteDeadline(time.Now())
	}
	if sendErr = <-sent; err != nil && isTimeout(sendErr) && time.Now().Before(w.deadline) {
		sendErr = nil
	}
	return a, err, sendErr
}

// prepare fills the output buffer with the header and, if the body is small, the body. It reports whether the buffer
// contains the body.
func (w *wire) prepare(h *hop, userAgent string) (isJoined bool) {
	w.out = appendHead(w.out[:0], h, userAgent)
	isJoined = len(h.body) <= joinedBody
	if isJoined {
		w.out = append(w.out, h.body...)
	}
	return isJoined
}

// answer reads the answer to a request that was sent.
func (w *wire) answer(h *hop, maxBody int64) (answer, error) {
	a, err := w.readAnswer(h, maxBody)
	if h.closes || w.read != w.filled && !h.isStreamed(&a) {
		a.keepAlive = false
	}
	return a, err
}

// appendHead writes the request line and the header.
func appendHead(out []byte, h *hop, userAgent string) []byte {
	host := h.authority
	hasAgent, hasEncoding, hasAuthorization, hasCookie := false, false, false, false
	for _, name := range h.without {
		hasAgent = hasAgent || strings.EqualFold(name, "User-Agent")
		hasEncoding = hasEncoding || strings.EqualFold(name, "Accept-Encoding")
		hasAuthorization = hasAuthorization || strings.EqualFold(name, "Authorization")
		hasCookie = hasCookie || strings.EqualFold(name, "Cookie")
	}
	for _, field := range h.header {
		switch len(field[0]) {
		case len("Host"):
			if strings.EqualFold(field[0], "Host") {
				host = field[1]
			}
		case len("Cookie"):
			hasCookie = hasCookie || strings.EqualFold(field[0], "Cookie")
		case len("User-Agent"):
			hasAgent = hasAgent || strings.EqualFold(field[0], "User-Agent")
		case len("Authorization"):
			hasAuthorization = hasAuthorization || strings.EqualFold(field[0], "Authorization")
		case len("Accept-Encoding"):
			hasEncoding = hasEncoding || strings.EqualFold(field[0], "Accept-Encoding")
		}
	}
	out = append(out, h.method...)
	out = append(out, ' ')
	if h.proxy != nil {
		out = append(out, "http://"...)
		out = append(out, h.authority...)
	}
	out = append(out, h.uri...)
	out = append(out, " HTTP/1.1\r\n"...)
	out = appendField(out, "Host", host)
	if h.proxy != nil && h.proxy.authorization != "" {
		out = appendField(out, "Proxy-Authorization", h.proxy.authorization)
	}
	if !hasAgent {
		out = appendField(out, "User-Agent", userAgent)
	}
	if !hasEncoding {
		out = appendField(out, "Accept-Encoding", acceptEncoding)
	}
	if !hasAuthorization && h.authorization != "" {
		out = appendField(out, "Authorization", h.authorization)
	}
	if !hasCookie && h.cookie != "" {
		out = appendField(out, "Cookie", h.cookie)
	}
	for _, field := range h.header {
		if !isOwnHeader(field[0]) {
			out = appendField(out, field[0], field[1])
		}
	}
	if h.addsClose {
		out = appendField(out, "Connection", "close")
	}
	if len(h.body) > 0 || h.method == "POST" || h.method == "PUT" || h.method == "PATCH" {
		out = append(out, "Content-Length: "...)
		out = strconv.AppendInt(out, int64(len(h.body)), 10)
		out = append(out, '\r', '\n')
	}
	return append(out, '\r', '\n')
}

func appendField(out []byte, name, value string) []byte {
	out = append(out, name...)
	out = append(out, ':', ' ')
	out = append(out, value...)
	return append(out, '\r', '\n')
}

// isOwnHeader reports whether appendHead skips a header of the request, because the client itself writes the host and
// the length of the body.
func isOwnHeader(name string) bool {
	switch len(name) {
	case len("Host"):
		return strings.EqualFold(name, "Host")
	case len("Content-Length"):
		return strings.EqualFold(name, "Content-Length")
	case len("Transfer-Encoding"):
		return strings.EqualFold(name, "Transfer-Encoding")
	}
	return false
}

func (w *wire) write(data []byte) error {
	for {
		n, err := w.conn.Write(data)
		if err == nil {
			return nil
		}
		data = data[n:]
		if !w.conn.extend(err, w.deadline) {
			return fmt.Errorf("write: %w", err)
		}
	}
}

// receive reads the available bytes, at least one.
func (w *wire) receive(into []byte) (int, error) {
	if w.end != nil {
		return 0, w.end
	}
	for {
		n, err := w.conn.Read(into)
		if n > 0 {
			w.received = true
			return n, nil
		}
		if err != nil && !w.conn.extend(err, w.deadline) {
			return 0, err
		}
	}
}

// fill reads more bytes into the buffer, and enlarges it if necessary.
func (w *wire) fill() error {
	if w.end != nil {
		return w.end
	}
	if w.read == w.filled {
		w.read, w.filled = 0, 0
	}
	if w.filled == len(w.in) {
		if w.read > 0 {
			w.filled = copy(w.in, w.in[w.read:w.filled])
			w.read = 0
		} else {
			w.in = append(w.in, make([]byte, len(w.in))...)
		}
	}
	n, err := w.receive(w.in[w.filled:])
	w.filled += n
	return err
}

// readAnswer skips interim answers and reads the final one.
func (w *wire) readAnswer(h *hop, maxBody int64) (answer, error) {
	for range maxInterim + 1 {
		head, err := w.readHead()
		if err != nil {
			return answer{}, err
		}
		a, err := parseHead(head)
		if err != nil {
			return answer{}, err
		}
		if a.status >= 200 {
			a.headAt = time.Now()
			if h.isStreamed(&a) {
				a.length = max(0, a.framing.length)
				return a, nil
			}
			if h.discards {
				a.length, err = w.skipBody(&a, h.method)
				return a, err
			}
			a.body, err = w.readBody(&a, h.method, maxBody)
			a.length = int64(len(a.body))
			return a, err
		}
		if a.status == 101 {
			return answer{}, malformed("a protocol switch that was not requested")
		}
	}
	return answer{}, malformed("more than %d interim answers", maxInterim)
}

func malformed(format string, args ...any) error {
	return &Error{Kind: ErrAnswer, Cause: fmt.Errorf(format, args...)}
}

// readHead returns the status line and the header, including the empty line at the end.
func (w *wire) readHead() (string, error) {
	searched := 0
	for {
		data := w.in[w.read:w.filled]
		end := headEnd(data, searched)
		if end > 0 {
			w.read += end
			return string(data[:end]), nil
		}
		if len(data) >= maxHeader {
			return "", &Error{Kind: ErrHeaderTooLarge}
		}
		// The data may end with a part of "\n\r\n", so search the last two bytes again.
		searched = max(0, len(data)-2)
		if err := w.fill(); err != nil {
			return "", err
		}
	}
}

// headEnd returns the end of the first empty line, or 0. Lines end with CRLF, or with LF from some servers.
func headEnd(data []byte, from int) int {
	for i := from; i < len(data); i++ {
		next := bytes.IndexByte(data[i:], '\n')
		if next < 0 {
			return 0
		}
		i += next
		after := data[i+1:]
		if len(after) > 0 && after[0] == '\n' {
			return i + 2
		}
		if len(after) > 1 && after[0] == '\r' && after[1] == '\n' {
			return i + 3
		}
	}
	return 0
}

// foldedLine matches the start of a line that continues the value of a header (RFC 9112, 5.2).
var foldedLine = regexp.MustCompile(`\r?\n[ \t]+`)

// parseHead reads a status line and a header.
func parseHead(head string) (answer, error) {
	a := answer{framing: framing{length: -1}}
	line, rest, _ := strings.Cut(head, "\n")
	line = strings.TrimSuffix(line, "\r")
	// A status line is, for example, "HTTP/1.1 200 OK". The reason may be missing.
	if len(line) < 12 || line[:7] != "HTTP/1." || line[8] != ' ' || len(line) > 12 && line[12] != ' ' {
		return answer{}, malformed("status line %.40q", line)
	}
	switch line[7] {
	case '0':
		a.proto = "HTTP/1.0"
	case '1':
		a.proto = "HTTP/1.1"
	default:
		return answer{}, malformed("version %.8q", line)
	}
	status, ok := digits(line[9:12])
	if !ok || status < 100 {
		return answer{}, malformed("status %q", line[9:12])
	}
	a.status = int(status)
	if len(line) > 13 {
		a.reason = line[13:]
	}
	a.keepAlive = a.proto == "HTTP/1.1"
	if strings.Contains(rest, "\n ") || strings.Contains(rest, "\n\t") {
		rest = foldedLine.ReplaceAllLiteralString(rest, " ")
	}
	a.header = Header(strings.TrimSuffix(strings.TrimSuffix(rest, "\n"), "\r"))
	for {
		line, rest, _ = strings.Cut(rest, "\n")
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			break
		}
		colon := strings.IndexByte(line, ':')
		if colon < 0 || !isToken(line[:colon]) {
			return answer{}, malformed("header line %.40q", line)
		}
		if err := a.note(line[:colon], strings.Trim(line[colon+1:], " \t")); err != nil {
			return answer{}, err
		}
	}
	if a.framing.isChunked && a.framing.length >= 0 {
		// The answer has both Transfer-Encoding and Content-Length. A proxy and the client may disagree about where the
		// body ends (RFC 9112, 6.3).
		a.framing.length = -1
		a.keepAlive = false
	}
	return a, nil
}

// note stores the header fields that the client itself needs.
func (a *answer) note(name, value string) error {
	switch len(name) {
	case len("Location"):
		if strings.EqualFold(name, "Location") && a.location == "" {
			a.location = value
		}
	case len("Connection"): // Set-Cookie has the same length
		if strings.EqualFold(name, "Set-Cookie") {
			a.setsCookies = true
		} else if strings.EqualFold(name, "Connection") {
			if hasToken(value, "close") {
				a.keepAlive = false
			} else if a.proto == "HTTP/1.0" && hasToken(value, "keep-alive") {
				a.keepAlive = true
			}
		}
	case len("Content-Length"):
		if strings.EqualFold(name, "Content-Length") {
			length, ok := digits(value)
			if !ok || a.framing.length >= 0 && a.framing.length != length {
				return malformed("content-length %.40q", value)
			}
			a.framing.length = length
		}
	case len("Content-Encoding"):
		if strings.EqualFold(name, "Content-Encoding") {
			if a.encoding != "" {
				value = a.encoding + "," + value
			}
			a.encoding = value
		}
	case len("Transfer-Encoding"):
		if strings.EqualFold(name, "Transfer-Encoding") {
			if a.framing.isChunked || !strings.EqualFold(value, "chunked") {
				return malformed("transfer-encoding %.40q", value)
			}
			a.framing.isChunked = true
		}
	}
	return nil
}

// hasToken reports whether a comma-separated list has a token.
func hasToken(list, token string) bool {
	for list != "" {
		var one string
		one, list, _ = strings.Cut(list, ",")
		if strings.EqualFold(strings.Trim(one, " \t"), token) {
			return true
		}
	}
	return false
}

// digits parses a number of 1 to 18 digits.
func digits(text string) (int64, bool) {
	if text == "" || len(text) > 18 {
		return 0, false
	}
	var number int64
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
		number = number*10 + int64(text[i]-'0')
	}
	return number, true
}

// readBody reads the body after a header (RFC 9112, 6.3).
func (w *wire) readBody(a *answer, method string, maxBody int64) ([]byte, error) {
	switch {
	case hasNoBody(method, a.status):
		return nil, nil
	case a.framing.isChunked:
		return w.readChunks(maxBody)
	case a.framing.length > maxBody:
		return nil, &Error{Kind: ErrBodyTooLarge}
	case a.framing.length >= 0:
		return w.readExactly(nil, a.framing.length)
	}
	a.keepAlive = false
	return w.readToEnd(maxBody)
}

func hasNoBody(method string, status int) bool {
	return method == "HEAD" || status == 204 || status == 304
}

// skipBody reads a body of any length without keeping it, and returns its length.
func (w *wire) skipBody(a *answer, method string) (int64, error) {
	switch {
	case hasNoBody(method, a.status):
		return 0, nil
	case a.framing.isChunked:
		return w.eachChunk(w.skip)
	case a.framing.length >= 0:
		return a.framing.length, w.skip(a.framing.length)
	}
	a.keepAlive = false
	length := int64(0)
	for {
		length += int64(w.filled - w.read)
		w.read = w.filled
		if err := w.fill(); err != nil {
			if errors.Is(err, io.EOF) {
				return length, nil
			}
			return length, err
		}
	}
}

// skip reads the given number of bytes without keeping them.
func (w *wire) skip(length int64) error {
	for {
		n := min(length, int64(w.filled-w.read))
		w.read += int(n)
		if length -= n; length == 0 {
			return nil
		}
		if err := w.fill(); err != nil {
			return err
		}
	}
}

// readExactly appends the next bytes to the body. It reserves memory step by step, because a server may declare more
// bytes than it sends. A step is at most trustedLength or the size of the body so far, whichever is more.
func (w *wire) readExactly(body []byte, length int64) ([]byte, error) {
	end := len(body) + int(length)
	for len(body) < end {
		if len(body) == cap(body) {
			body = slices.Grow(body, min(end-len(body), max(trustedLength, len(body))))
		}
		free := body[len(body):min(cap(body), end)]
		n := copy(free, w.in[w.read:w.filled])
		w.read += n
		if n == 0 {
			var err error
			if n, err = w.receive(free); err != nil {
				return body, err
			}
		}
		body = body[:len(body)+n]
	}
	return body, nil
}

func (w *wire) readToEnd(maxBody int64) ([]byte, error) {
	var body []byte
	for {
		body = append(body, w.in[w.read:w.filled]...)
		w.read = w.filled
		if int64(len(body)) > maxBody {
			return nil, &Error{Kind: ErrBodyTooLarge}
		}
		if err := w.fill(); err != nil {
			if errors.Is(err, io.EOF) {
				return body, nil
			}
			return body, err
		}
	}
}

func (w *wire) readChunks(maxBody int64) ([]byte, error) {
	var body []byte
	_, err := w.eachChunk(func(size int64) (err error) {
		if size > maxBody-int64(len(body)) {
			body = nil
			return &Error{Kind: ErrBodyTooLarge}
		}
		body, err = w.readExactly(body, size)
		return err
	})
	return body, err
}

// eachChunk calls read for each chunk with its size, and returns the sum of the sizes.
func (w *wire) eachChunk(read func(size int64) error) (total int64, err error) {
	for isFirst := true; ; isFirst = false {
		size, err := w.nextChunk(isFirst)
		if err != nil || size == 0 {
			return total, err
		}
		if err = read(size); err != nil {
			return total, err
		}
		total += size
	}
}

// nextChunk reads the lines between two chunks, and returns the size of the next one. After the last chunk, it reads
// the trailer and returns 0.
func (w *wire) nextChunk(isFirst bool) (int64, error) {
	if !isFirst {
		line, err := w.readLine()
		if err != nil {
			return 0, err
		}
		if line != "" {
			return 0, malformed("%.40q after a chunk", line)
		}
	}
	line, err := w.readLine()
	if err != nil {
		return 0, err
	}
	size, ok := chunkSize(line)
	if !ok {
		return 0, malformed("chunk size %.40q", line)
	}
	if size == 0 {
		return 0, w.skipTrailer()
	}
	return size, nil
}

// skipTrailer reads the lines after the last chunk. Their total size is limited like that of a header.
func (w *wire) skipTrailer() error {
	for size := 0; size <= maxHeader; {
		line, err := w.readLine()
		if err != nil || line == "" {
			return err
		}
		size += len(line)
	}
	return &Error{Kind: ErrHeaderTooLarge}
}

// readLine returns the next line without its line ending.
func (w *wire) readLine() (string, error) {
	for {
		data := w.in[w.read:w.filled]
		if end := bytes.IndexByte(data, '\n'); end >= 0 {
			w.read += end + 1
			return strings.TrimSuffix(string(data[:end]), "\r"), nil
		}
		if len(data) > maxChunkLine {
			return "", malformed("a line of a chunked body longer than %d bytes", maxChunkLine)
		}
		if err := w.fill(); err != nil {
			return "", err
		}
	}
}

// chunkSize parses the hexadecimal size of a chunk, and ignores extensions.
func chunkSize(line string) (int64, bool) {
	text, _, _ := strings.Cut(line, ";")
	text = strings.TrimRight(text, " \t")
	size, err := strconv.ParseUint(text, 16, 64)
	return int64(min(size, math.MaxInt64)), err == nil
}
