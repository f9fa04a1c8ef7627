package client

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

// Decompressors are pooled, because a new one needs tens of kilobytes of memory.
var (
	gzipReaders   = sync.Pool{New: func() any { return new(gzip.Reader) }}
	flateReaders  = sync.Pool{New: func() any { return flate.NewReader(nil) }}
	brotliReaders = sync.Pool{New: func() any { return brotli.NewReader(nil) }}
)

// maxEncodings limits the layers of compression. Servers normally use one layer.
const maxEncodings = 2

// The supported encodings.
const (
	gzipEncoding    = "gzip"
	deflateEncoding = "deflate"
	brotliEncoding  = "br"
)

// encodingsOf returns the encodings of a Content-Encoding header, in the order in which they must be decoded. It stops
// at the first unknown encoding.
func encodingsOf(header string) ([]string, error) {
	layers := strings.Split(header, ",")
	if len(layers) > maxEncodings {
		return nil, &Error{Kind: ErrEncoding, Cause: fmt.Errorf("%d encodings; the maximum is %d", len(layers), maxEncodings)}
	}
	var known []string
	for _, layer := range slices.Backward(layers) {
		switch name := strings.ToLower(strings.TrimSpace(layer)); name {
		case "", "identity":
		case "x-gzip":
			known = append(known, gzipEncoding)
		case gzipEncoding, deflateEncoding, brotliEncoding:
			known = append(known, name)
		default:
			return known, nil
		}
	}
	return known, nil
}

// decode decompresses a body with the given Content-Encoding header.
func decode(body []byte, encoding string, limit int64) ([]byte, error) {
	layers, err := encodingsOf(encoding)
	if err != nil {
		return nil, err
	}
	for _, name := range layers {
		if len(body) == 0 {
			break
		}
		decoded, err := decodeLayer(body, name, limit)
		if err != nil {
			return body, err
		}
		body = decoded
	}
	return body, nil
}

func decodeLayer(body []byte, name string, limit int64) ([]byte, error) {
	switch name {
	case gzipEncoding:
		return decompress(&gzipReaders, body, limit, func(reader *gzip.Reader, source io.Reader) error {
			return reader.Reset(source)
		})
	case deflateEncoding:
		return inflate(body, limit)
	}
	return decompress(&brotliReaders, body, limit, func(reader *brotli.Reader, source io.Reader) error {
		return reader.Reset(source)
	})
}

// isZlib reports whether a body with the encoding "deflate" has the zlib format, as in RFC 9110. Some servers send raw
// deflate.
func isZlib(body []byte) bool {
	return len(body) >= 2 && body[0]&0x0f == 8 && (int(body[0])<<8|int(body[1]))%31 == 0
}

// inflate decodes the encoding "deflate".
func inflate(body []byte, limit int64) ([]byte, error) {
	if isZlib(body) {
		reader, err := zlib.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, &Error{Kind: ErrEncoding, Cause: err}
		}
		return readDecoded(reader, len(body), limit)
	}
	return decompress(&flateReaders, body, limit, func(reader io.ReadCloser, source io.Reader) error {
		return reader.(flate.Resetter).Reset(source, nil) //nolint:forcetypeassert // every flate reader is a Resetter
	})
}

// decompress reads a body with a pooled decompressor. After an error, it drops the decompressor, because brotli's Reset
// keeps unread input and would prepend it to the next body.
func decompress[R io.Reader](pool *sync.Pool, body []byte, limit int64, reset func(R, io.Reader) error) ([]byte, error) {
	reader := pool.Get().(R) //nolint:forcetypeassert // the pool contains only these readers
	if err := reset(reader, bytes.NewReader(body)); err != nil {
		return nil, &Error{Kind: ErrEncoding, Cause: err}
	}
	decoded, err := readDecoded(reader, len(body), limit)
	if err == nil {
		pool.Put(reader)
	}
	return decoded, err
}

// readDecoded reads a decompressed body. It returns an error if the body has more than limit bytes. A small body can
// decompress to gigabytes.
func readDecoded(reader io.Reader, compressed int, limit int64) ([]byte, error) {
	var decoded bytes.Buffer
	decoded.Grow(int(min(int64(compressed)*3+bytes.MinRead, limit+1)))
	if _, err := decoded.ReadFrom(io.LimitReader(reader, limit+1)); err != nil {
		return nil, &Error{Kind: ErrEncoding, Cause: err}
	}
	if int64(decoded.Len()) > limit {
		return nil, &Error{Kind: ErrBodyTooLarge}
	}
	return decoded.Bytes(), nil
}
